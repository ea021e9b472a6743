import { spawn } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestContainer } from '#libs/testing/container';
import { type LockedMesh, startLockedMesh } from '#libs/testing/locked-mesh';
import { until } from '#libs/testing/until';

/** Every command of the README's cookbook, run by the real `nats` CLI with the operator's key against a real, locked mesh. */

const commands = (await readFile(join(import.meta.dirname, '..', 'README.md'), 'utf8'))
  .replace(/^[\s\S]*<!-- cookbook -->/, '')
  .replace(/<!-- \/cookbook -->[\s\S]*$/, '')
  .split('\n')
  .filter((line) => line.startsWith('nats '));

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
  }, 120_000);
  afterAll(async () => {
    await patient[Symbol.asyncDispose]();
    await ground[Symbol.asyncDispose]();
  });

  const run = async (command: string): Promise<string> => {
    const own = command
      .replaceAll('web-app-1', patient.name)
      .replaceAll('<id>', id)
      .replace(/^nats /, '');
    const endless = own.startsWith('sub ') && !own.includes('--wait');
    const child = spawn('sh', ['-c', `exec "$NATS" ${own}${endless ? ' --count 1' : ''}`], {
      env: {
        ...process.env,
        NATS: nats,
        NATS_URL: ground.nats.server.url,
        NATS_NKEY: ground.nats.keyFile('operator'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = Promise.all([text(child.stdout), text(child.stderr)]);
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    let over = false;
    void ended.then(() => {
      over = true;
    });
    while (endless && !over) {
      await post({ container: patient.name, action: 'restart', dry_run: true });
      await Promise.race([ended, new Promise((again) => setTimeout(again, 200))]);
    }
    const output = (await said).join('');
    expect({ command, code: await ended, output }).toMatchObject({ code: 0 });
    return output;
  };

  it('has commands', () => {
    expect(commands.length).toBeGreaterThan(12);
  });

  it.each(commands)(
    '%s',
    async (command) => {
      const output = await run(command);
      expect(output).not.toMatch(/nats: error|no responders|violation|unknown (long|short) flag/i);
      expect(output.length).toBeGreaterThan(10);
      if (command.includes('<id>') || command.includes('audit.query')) expect(output).toContain(id);
      if (command.includes('explain')) expect(output).toContain('cooldown_active');
      if (command.includes('kv get')) expect(output).toContain('"cooldown"');
      if (command.includes('micro ls')) expect(output).toContain('hemostat-executor');
      if (command.includes('reset')) expect(output).toContain('"changed"');
      if (command.includes('"on"')) expect(output).toContain('change freeze');
      if (command.includes('DEAD')) expect(output).toContain('poison');
      if (command.includes('verify')) expect(output).toContain('"ok":true');
      if (command.includes('targets')) expect(output).toContain(patient.name);
    },
    60_000,
  );
});
