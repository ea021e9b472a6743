import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { runHemostat, startHemostat } from '#libs/testing/hemostat-command';
import { clientSettings } from './settings.ts';

// Each of these is several processes, one after the other.
vi.setConfig({ testTimeout: 60_000 });

async function serving(listener: RequestListener): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

describe('a gateway that is away, or is none', () => {
  it('ends every command that needs it with 4, cause and remedy', async () => {
    const gone = await serving(() => {});
    await gone[Symbol.asyncDispose]();
    const env = { HEMOSTAT_URL: gone.url };
    for (const args of [
      ['status'],
      ['targets'],
      ['remediate', 'web-1', 'restart'],
      ['watch'],
      ['audit', 'tail', '-f'],
    ]) {
      const { code, stdout, stderr } = await runHemostat(args, env);
      expect({ args, code, stdout }).toEqual({ args, code: 4, stdout: '' });
      expect(stderr).toMatch(
        /error: No gateway answers at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\)\.[\s\S]*what to do: /,
      );
    }
    const { json } = await runHemostat(['status', '--json'], env);
    expect(json).toMatchObject({ code: 'gateway_unreachable' });
  });

  it('is told apart from a server of another kind', async () => {
    await using other = await serving((_, response) => response.end('<html>hello</html>'));
    const ran = await runHemostat(['targets', '--url', other.url]);
    expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining('is no gateway') });
  });

  it('ends with 78 when a setting cannot be used', async () => {
    const ran = await runHemostat(['status', '--json'], { HEMOSTAT_URL: 'localhost:9000' });
    expect(ran).toMatchObject({
      code: 78,
      json: { code: 'bad_setting' },
      stderr: expect.stringContaining('HEMOSTAT_URL'),
    });
  });

  it('is asked again under the same key when no answer came, and the key is told when none comes at all', async () => {
    const keys: (string | undefined)[] = [];
    await using deaf = await serving((request) => {
      keys.push(String(request.headers['idempotency-key']));
      request.socket.destroy();
    });
    const { code, stderr } = await runHemostat(['remediate', 'web-1', 'restart'], { HEMOSTAT_URL: deaf.url });
    expect(code).toBe(4);
    expect(keys.length).toBeGreaterThanOrEqual(3);
    expect(new Set(keys).size).toBe(1);
    expect(stderr).toContain(`--key ${keys[0]}`);
  });
});

describe('what a gateway says', () => {
  it('cannot steer the terminal', async () => {
    const evil = 'web\u001b[2J\u009b1m\r\n\u202ename';
    await using gateway = await serving((_, response) => {
      response.setHeader('content-type', 'application/json');
      const target = { engine: 'local', kind: 'container', name: 'x' };
      const one = {
        target,
        container_id: 'c'.repeat(64),
        container_name: evil,
        state: 'running',
        image: 'i',
      };
      response.end(JSON.stringify({ engine: 'local', targets: [one] }));
    });
    const { code, stdout } = await runHemostat(['targets', '--url', gateway.url]);
    expect(code).toBe(0);
    for (const sign of ['\u001b', '\u009b', '\r', '\u202e']) expect(stdout).not.toContain(sign);
    expect(stdout.trim().split('\n')).toHaveLength(2);
  });
});

describe('the token that a gateway made', () => {
  const tokens: (string | undefined)[] = [];
  const listener: RequestListener = ({ headers }, response) => {
    tokens.push(headers.authorization);
    const open = headers.authorization === undefined;
    response.writeHead(open ? 200 : 401, { 'content-type': 'application/json' });
    const problem = {
      code: 'unauthenticated',
      title: 'A token is needed',
      detail: 'The token is not known here.',
    };
    response.end(JSON.stringify(open ? { engine: 'local', targets: [] } : problem));
  };

  it('is found in the data folder, goes to this machine only, and is left out where it is not known', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'hemostat-cli-'));
    await writeFile(join(dataDir, 'gateway-admin-token'), 'hemostat_made\n');
    await using gateway = await serving(listener);
    const env = { HEMOSTAT_URL: gateway.url, HEMOSTAT_DATA_DIR: dataDir };
    expect((await runHemostat(['targets'], env)).code).toBe(0);
    expect(tokens).toEqual(['Bearer hemostat_made', undefined]);
    expect((await runHemostat(['targets', '--token', 'given'], env)).code).toBe(5);
    expect(tokens.slice(2)).toEqual(['Bearer given']);
    const elsewhere = { HEMOSTAT_URL: 'http://gateway.internal:9000', HEMOSTAT_DATA_DIR: dataDir };
    expect(clientSettings({ url: undefined, token: undefined }, elsewhere).token).toBeUndefined();
    await rm(dataDir, { recursive: true });
  });
});

describe('a stream that breaks', () => {
  it('is taken up again after the last event, and nothing is shown twice', async () => {
    const seen: (string | undefined)[] = [];
    const at = '2026-01-31T12:00:00.000Z';
    const event = (id: number) => {
      const data = { type: 'requested', at, remediation_id: `r${id}`, message: 'm' };
      return `id: ${id}\nevent: requested\ndata: ${JSON.stringify(data)}\n\n`;
    };
    await using gateway = await serving(({ headers }, response) => {
      const last = headers['last-event-id'];
      seen.push(typeof last === 'string' ? last : undefined);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (seen.length === 1) response.write('retry: 1000\nid: 4\n\n', () => response.destroy());
      else if (seen.length === 2) response.write(`${event(5)}id: 6\nevent: req`, () => response.destroy());
      else response.write(event(6));
    });
    const watching = startHemostat(['watch', '--json'], { HEMOSTAT_URL: gateway.url });
    await watching.says('"sequence":6');
    watching.kill('SIGINT');
    expect((await watching.ended).code).toBe(130);
    expect(seen).toEqual([undefined, '4', '5']);
    expect(
      watching
        .stdout()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).sequence),
    ).toEqual([5, 6]);
  });
});
