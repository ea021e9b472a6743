import { appendFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attempt, Cut, Kill, Message, Reading, Run } from '../check/evidence.ts';
import { files } from '../check/read-folder.ts';

/** Where a run writes down what is seen from outside, as it happens. It goes when disposed, unless it is to be kept. */
export interface EvidenceFolder extends AsyncDisposable {
  readonly path: string;
  attempt(row: Attempt): void;
  kill(row: Kill): void;
  cut(row: Cut): void;
  reading(row: Reading): void;
  message(row: Message): void;
  engineEvents(lines: string): void;
  log(process: string, output: string): Promise<void>;
  /** Copies the audit's own files as they lie there. */
  audit(dataDir: string): Promise<void>;
  run(about: Run): Promise<void>;
}

/** HEMOSTAT_PROOF_EVIDENCE names a folder under which the evidence of every run is kept. */
export async function openEvidence(suite: string): Promise<EvidenceFolder> {
  const kept = process.env.HEMOSTAT_PROOF_EVIDENCE;
  if (kept !== undefined) await mkdir(kept, { recursive: true });
  const path = await mkdtemp(join(kept ?? tmpdir(), `hemostat-${suite}-`));
  await mkdir(join(path, files.logs));
  await mkdir(join(path, files.audit));
  const row = (name: string) => (value: object) =>
    appendFileSync(join(path, name), `${JSON.stringify(value)}\n`);
  return {
    path,
    attempt: row(files.attempts),
    kill: row(files.kills),
    cut: row(files.cuts),
    reading: row(files.readings),
    message: row(files.messages),
    engineEvents: (lines) => appendFileSync(join(path, files.engineEvents), lines),
    log: (process, output) => writeFile(join(path, files.logs, `${process}.jsonl`), output),
    audit: async (dataDir) => {
      // What the audit set aside is in a file beside them, and no part of the chain.
      const names = (await readdir(dataDir)).filter((name) =>
        /^action_server_audit\.log(\.\d+)?$/.test(name),
      );
      for (const name of names) await cp(join(dataDir, name), join(path, files.audit, name));
    },
    run: (about) => writeFile(join(path, files.run), JSON.stringify(about)),
    [Symbol.asyncDispose]: async () => {
      if (kept === undefined) await rm(path, { recursive: true, force: true });
    },
  };
}
