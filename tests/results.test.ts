import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection, nkeyAuthenticator, nkeys } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detailsSchema } from '#libs/contracts/scalars';
import type { TestContainer } from '#libs/testing/container';
import { type LockedMesh, startLockedMesh } from '#libs/testing/locked-mesh';
import { until } from '#libs/testing/until';

/** Results as publishers take them, by what docs/responder.md shows, with the rights that nats/publishers.conf shows. */

const root = join(import.meta.dirname, '..');
const documented = await readFile(join(root, 'docs', 'responder.md'), 'utf8');
const program = (language: string): string =>
  new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(documented)?.[1] ?? '';
const template = (await readFile(join(root, 'nats', 'publishers.conf'), 'utf8')).replace(/^# ?/gm, '');
const [, line = '', more = ''] =
  /( +\{ nkey: U[\s\S]*?\} \})[\s\S]*?( +"\$JS[\s\S]*?")\n\n/.exec(template) ?? [];

/** The user as the template has it, under another name. */
const userOf = (name: string, key: string): string =>
  line
    .replace('U…', key)
    .replace('alertmanager"]', `alertmanager",${more}]`)
    .replaceAll('alertmanager', name);

const stack = new AsyncDisposableStack();
const users = { alertmanager: nkeys.createUser(), analyzer: nkeys.createUser() };
type Name = keyof typeof users;
let ground: LockedMesh;
let folder: string;
let patient: TestContainer;
const login = async (name: Name): Promise<NatsConnection> => {
  const authenticator = nkeyAuthenticator(users[name].getSeed());
  return connect({ servers: ground.nats.server.url, authenticator });
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hemostat-results-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['alertmanager', 'analyzer'] as const)
    await writeFile(join(folder, `${name}.nk`), users[name].getSeed());
  ground = stack.use(
    await startLockedMesh({
      publishers: Object.entries(users).map(([name, key]) => userOf(name, key.getPublicKey())),
    }),
  );
  patient = stack.use(await ground.patient());
}, 180_000);
afterAll(() => stack[Symbol.asyncDispose]());

/** Asks for a dry run as a publisher; resolves with what the mesh calls it. */
async function ask(name: Name): Promise<string> {
  const nc = await login(name);
  const body = {
    event_type: 'remediation_needed',
    container: patient.name,
    action: 'restart',
    dry_run: true,
  };
  const heard = nc.subscribe('hemostat.remediation_complete', { max: 1, timeout: 60_000 });
  await nc.request(`hemostat.remediation_needed.${name}`, JSON.stringify(body));
  for await (const message of heard) {
    const id = String(detailsSchema.parse(message.json()).remediation_id);
    await nc.close();
    return id;
  }
  throw new Error('nothing was told');
}

/** Runs what the document shows until it prints what comes of a remediation. */
async function shown(run: (code: string) => ChildProcess, language: string, name: Name, id: string) {
  const code = program(language)
    .replaceAll('127.0.0.1:4222', ground.nats.server.url.replace('nats://', ''))
    .replace('alertmanager.nk', join(folder, `${name}.nk`))
    .replaceAll('alertmanager', name);
  const child = run(code);
  let said = '';
  for (const out of [child.stdout, child.stderr])
    out?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  try {
    const line = await until(`it is told of ${id}`, () => {
      if (child.exitCode !== null) throw new Error(said);
      return said.split('\n').find((each) => each.includes(id) && each.endsWith('}'));
    });
    const event = detailsSchema.parse(JSON.parse(line));
    const nc = await login(name);
    const jsm = await jetstreamManager(nc);
    await until('all of it is acknowledged', async () => {
      const { num_pending, num_ack_pending } = await jsm.consumers.info('HEMOSTAT_RESULTS', name);
      return num_pending + num_ack_pending === 0 || undefined;
    });
    await nc.close();
    return event;
  } finally {
    child.kill();
  }
}

const asDocumented = { event_type: 'remediation_complete', action: 'restart', dry_run: true };

describe('results, taken durably', () => {
  it('come to nats.js as the document shows it, also what was told while nobody listened', async () => {
    const id = await ask('alertmanager');
    await ground.nats.server.restart();
    const node = (code: string) =>
      spawn(process.execPath, ['--input-type=module', '-e', code], { cwd: root });
    const event = await shown(node, 'js', 'alertmanager', id);
    expect(event).toMatchObject({ ...asDocumented, container: patient.name, result: { status: 'success' } });
  }, 120_000);

  it('come to nats-py as the document shows it', async ({ skip }) => {
    const there = promisify(execFile)('python3', ['-c', 'import nats, nkeys']);
    if (
      await there.then(
        () => false,
        () => true,
      )
    ) {
      console.warn('skipped: there is no Python with nats-py and nkeys here, so its program is not run');
      return skip('there is no Python with nats-py and nkeys here');
    }
    const id = await ask('analyzer');
    const event = await shown((code) => spawn('python3', ['-c', code]), 'python', 'analyzer', id);
    expect(event).toMatchObject({ ...asDocumented, container: patient.name });
  }, 120_000);
});
