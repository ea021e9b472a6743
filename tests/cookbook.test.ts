import { spawn } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestContainer } from '#libs/testing/container';
import { type LockedMesh, startLockedMesh } from '#libs/testing/locked-mesh';
import { until } from '#libs/testing/until';

/**
 * Every line of the README for the `nats` CLI, in its order in one shell, which gets the operator's key where the README
 * gives it, against a real, locked mesh.
 */

const readme = await readFile(join(import.meta.dirname, '..', 'README.md'), 'utf8');
const [, cookbook = ''] = /<!-- cookbook -->([\s\S]*?)<!-- \/cookbook -->/.exec(readme) ?? [];
const whole = readme.replaceAll('\\\n', ' ');
/** Lines of their own, and those in the middle of a text that could be run. */
const commands = [
  ...whole.matchAll(/^(?:export NATS_NKEY=|(?:NATS_NKEY= )?nats ).*$|`(nats [^`]*)`/gm),
].flatMap(([line, within]) =>
  within?.includes('…') || within?.includes('hemostat.') === false
    ? []
    : [(within ?? line).replace(/\s+#.*$/, '')],
);

const nats = await findNats();
if (nats === undefined) {
  console.warn(
    'skipped: the cookbook is not run, for want of the nats CLI (a Go toolchain lets the set-up install it)',
  );
}

async function findNats(): Promise<string | undefined> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'hemostat', 'bin');
  for (const folder of [cache, ...(process.env.PATH ?? '').split(delimiter)]) {
    const file = join(folder, 'nats');
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}

describe.skipIf(nats === undefined)("the README's cookbook", () => {
  let ground: LockedMesh;
  let patient: TestContainer;
  let id: string;
  let shell: ReturnType<typeof openShell>;
  const post = (body: object, headers: Record<string, string> = {}) =>
    ground.mesh.http('POST', '/api/v1/remediations', body, headers);
  beforeAll(async () => {
    ground = await startLockedMesh();
    patient = await ground.patient();
    const { body } = await post({ container: patient.name, action: 'restart' }, { prefer: 'wait=60' });
    id = String(body.remediation_id);
    expect(body.outcome).toBe('recovered');
    const publisher = await connect({ servers: ground.nats.server.url });
    await publisher.request('hemostat.remediation_needed', 'poison');
    await publisher.close();
    await until('the audit has it', async () => {
      const { body: audit } = await ground.mesh.http('GET', `/api/v1/audit?remediation_id=${id}`);
      return JSON.stringify(audit).includes('"complete"') || undefined;
    });
    shell = openShell();
  }, 120_000);
  afterAll(async () => {
    shell?.kill();
    await patient[Symbol.asyncDispose]();
    await ground[Symbol.asyncDispose]();
  });

  function openShell() {
    const PATH = `${dirname(nats ?? '')}${delimiter}${process.env.PATH}`;
    const { NATS_NKEY: _, ...rest } = process.env;
    const env = { ...rest, PATH, NATS_URL: ground.nats.server.url };
    const child = spawn('sh', { env, stdio: ['pipe', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    return {
      kill: () => child.kill(),
      async run(command: string, meanwhile: () => Promise<unknown>) {
        said = '';
        child.stdin.write(`{ ${command}\n} </dev/null 2>&1; echo "exit code $?."\n`);
        const ended = () => /^([\s\S]*)exit code (\d+)\.\n$/.exec(said) ?? undefined;
        while (ended() === undefined) {
          await meanwhile();
          await until('it ends', ended, 200).catch(() => {});
        }
        const [, output = '', code] = ended() ?? [];
        expect({ command, code, output }).toMatchObject({ code: '0' });
        return output;
      },
    };
  }

  const run = (command: string): Promise<string> => {
    const own = command
      .replaceAll('web-app-1', patient.name)
      .replaceAll('<id>', id)
      .replace('.hemostat/keys/operator.nk', ground.nats.keyFile('operator'));
    const endless = own.includes(' sub ') && !own.includes('--wait');
    const dryRun = { container: patient.name, action: 'restart', dry_run: true };
    return shell.run(`${own}${endless ? ' --count 1' : ''}`, async () => endless && (await post(dryRun)));
  };

  it('has commands, and what is in it is run', () => {
    expect(commands.length).toBeGreaterThan(25);
    const lines = cookbook.split('\n').filter((line) => line.includes('nats '));
    expect(lines.filter((line) => !commands.includes(line))).toEqual([]);
  });

  it.each(commands)(
    '%s',
    async (command) => {
      const output = await run(command);
      expect(output).not.toMatch(/nats: error|no responders|violation|unknown (long|short) flag/i);
      if (!command.startsWith('export')) expect(output.length).toBeGreaterThan(10);
      if (command.includes('remediation_needed')) expect(output).toContain('"stream":"HEMOSTAT_INBOX"');
      if (command.includes('<id>') || command.includes('audit.query')) expect(output).toContain(id);
      if (command.includes('explain')) expect(output).toContain('cooldown_active');
      if (command.includes('kv get')) expect(output).toContain('"cooldown"');
      if (command.includes('micro ls')) expect(output).toContain('hemostat-executor');
      if (command.includes('reset')) expect(output).toContain('"changed"');
      if (command.includes('"on"')) expect(output).toContain('change freeze');
      if (command.includes('DEAD')) expect(output).toContain('poison');
      if (command.includes('verify')) expect(output).toContain('"ok":true');
      if (command.includes('targets')) expect(output).toContain(patient.name);
      if (command.includes('stream ls')) expect(output).toContain('The facts of every remediation');
    },
    60_000,
  );
});
