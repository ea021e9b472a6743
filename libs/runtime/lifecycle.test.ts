import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';

const imports = ['lifecycle', 'config'].map(
  (name) => `import * as ${name} from '${new URL(`./${name}.ts`, import.meta.url)}';`,
);

/** A process of its own whose service is the body of `start`; what it prints, and its end. */
function service(start: string, options = '{}', env: NodeJS.ProcessEnv = {}) {
  const code = `${imports.join('')} await lifecycle.runService('demo', async (signal) => { ${start} }, ${options});`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    env: { PATH: process.env.PATH, ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const printed = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (printed.out += chunk));
  child.stderr.on('data', (chunk) => (printed.err += chunk));
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode, ...printed }));
  const says = async (text: string) => {
    while (!printed.out.includes(text)) await once(child.stdout, 'data');
  };
  return { child, ended, says };
}

const quick = `return { async [Symbol.asyncDispose]() { console.log('disposed'); } };`;
const stuck = `return { [Symbol.asyncDispose]() { setInterval(() => {}, 1000); return new Promise(() => {}); } };`;

test.each(['SIGTERM', 'SIGINT'] as const)('%s disposes the service and ends with 0', async (signal) => {
  const { child, ended, says } = service(quick);
  await says('Started');
  child.kill(signal);
  expect(await ended).toMatchObject({
    exitCode: 0,
    err: '',
    out: expect.stringMatching(/Stopping.*\s+disposed\s+.*Stopped/),
  });
});

test('a service without a socket or timer of its own stays up until it is told to stop', async () => {
  const { child, ended, says } = service(`setTimeout(() => console.log('later'), 100); ${quick}`);
  await says('later');
  child.kill('SIGTERM');
  expect((await ended).exitCode).toBe(0);
});

test('a signal while starting aborts the start, and that is no failure', async () => {
  const waits = `console.log('starting'); await new Promise((_, no) => { setInterval(() => {}, 1000); signal.onabort = () => no(signal.reason); });`;
  const { child, ended, says } = service(waits);
  await says('starting');
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ exitCode: 0, err: '' });
});

test('settings that cannot be used end it with 78 and the plain list, no stack', async () => {
  const bad = `throw new config.ConfigError([{ name: 'PORT', found: '"x"', expected: 'a port' }]);`;
  const { ended } = service(bad);
  expect(await ended).toEqual({
    exitCode: 78,
    out: '',
    err: 'A setting cannot be used:\n  PORT: found "x"; expected a port\n',
  });
});

test('a start that fails is logged and ends with 1', async () => {
  const { ended } = service(`throw new Error('no NATS');`);
  expect(await ended).toMatchObject({
    exitCode: 1,
    out: expect.stringMatching(/"no NATS".*Could not start/),
  });
});

test('a service that fails to stop is logged and ends with 1', async () => {
  const failing = `return { async [Symbol.asyncDispose]() { throw new Error('half closed'); } };`;
  const { child, ended, says } = service(failing);
  await says('Started');
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({
    exitCode: 1,
    out: expect.stringMatching(/"half closed".*Could not stop cleanly/),
  });
});

test('a service that does not stop in time is ended with 1', async () => {
  const { child, ended, says } = service(stuck, '{ stopWithinMs: 50 }');
  await says('Started');
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({
    exitCode: 1,
    out: expect.stringContaining('Not stopped within 50 ms'),
  });
});

test('something left open does not keep the process from ending with 0', async () => {
  const { child, ended, says } = service(`setInterval(() => {}, 1000); ${quick}`);
  await says('Started');
  child.kill('SIGTERM');
  expect((await ended).exitCode).toBe(0);
});

test('a second signal ends it at once', async () => {
  const { child, ended, says } = service(stuck, '{ samePressMs: -1 }');
  await says('Started');
  child.kill('SIGTERM');
  await says('Stopping');
  child.kill('SIGINT');
  expect((await ended).exitCode).toBe(130);
});

test('the same key press delivered twice is one signal', async () => {
  const onStop = `signal.addEventListener('abort', () => process.kill(process.pid, 'SIGINT'));`;
  const { child, ended, says } = service(`${onStop} ${quick}`, '{ samePressMs: 5000 }');
  await says('Started');
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ exitCode: 0, out: expect.stringContaining('Stopped') });
});

test.each([`Promise.reject(new Error('stray'))`, `setTimeout(() => { throw new Error('stray'); })`])(
  'a stray error is logged and ends it with 1: %s',
  async (stray) => {
    const { ended } = service(`${stray}; ${quick}`);
    expect(await ended).toMatchObject({
      exitCode: 1,
      out: expect.stringMatching(/"stray".*nothing handles/),
    });
  },
);

test('a stray error that the service says it outlives is logged, and it goes on', async () => {
  const { child, ended, says } = service(
    `setTimeout(() => { throw new Error('dockerode'); }); ${quick}`,
    `{ outlives: (error) => error.message === 'dockerode' }`,
  );
  await says('Going on after a stray error');
  child.kill('SIGTERM');
  expect((await ended).exitCode).toBe(0);
});

test('its own lines follow LOG_FORMAT and LOG_LEVEL, and a bad word there is left to the service to report', async () => {
  const text = service(`throw new Error('x');`, '{}', { LOG_FORMAT: 'text' });
  expect((await text.ended).out).toContain('FATAL: demo: Could not start');
  const bad = service(`throw new Error('x');`, '{}', { LOG_FORMAT: 'xml', LOG_LEVEL: 'loud' });
  expect((await bad.ended).out).toContain('"msg":"Could not start"');
});
