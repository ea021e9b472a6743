import { describe, expect, it } from 'vitest';
import type { Details } from '#libs/contracts/scalars';
import {
  aPatient,
  aSwarmPatient,
  exitedReading,
  patientId,
  pausedReading,
  prepared,
  refusal,
  restartingReading,
} from '#libs/testing/patient-example';
import { type ActionFailed, callText, type EnginePort } from '../engine-port.ts';
import type { ExecEnd, ExecOrder } from '../exec-port.ts';
import { builtInCommands } from './commands.ts';
import { exec } from './exec.ts';

const ended: ExecEnd = {
  stdout: Buffer.from('PID\n'),
  stderr: Buffer.from(''),
  truncated: false,
  exit_code: 0,
  began: true,
  timed_out: false,
  killed: null,
  host_pid: 4711,
};

async function ran(command: string, end: Partial<ExecEnd>) {
  const orders: ExecOrder[] = [];
  const engine: EnginePort = {
    call: () => Promise.reject(new Error('nothing but exec is called')),
    exec: async (order) => {
      orders.push(order);
      return { ...ended, ...end };
    },
  };
  const patient = aPatient({}, { remediation_id: 'the-id' });
  const made = prepared(exec, patient, { command });
  const reader = { read: () => Promise.reject(new Error('nothing is read')) };
  const result = await exec
    .run({ engine, reader }, patient, made, AbortSignal.timeout(1_000))
    .catch(({ code, message, result }: ActionFailed): Details => ({ code, message, ...result }));
  return { result, orders };
}

describe('exec prepares', () => {
  it('the argv and nothing else, without terminal, input or privileges', () => {
    const made = prepared(exec, aPatient({}, { remediation_id: 'the-id' }), { command: 'ps -ef' });
    expect(made.command).toBe('docker exec web ps -Af');
    expect(made.calls[0]?.body).toEqual({
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      Privileged: false,
      Env: ['HEMOSTAT_EXEC=the-id'],
      Cmd: ['ps', '-Af'],
    });
    expect(made.calls.map(callText).join()).toContain(`POST /containers/${patientId}/exec {`);
    expect(made.calls.map(callText).join()).toContain('"Cmd":["ps","-Af"]');
    expect(made.settle_seconds).toBeGreaterThan(10);
  });

  it('nothing outside the grammar, whoever asks', () => {
    expect(refusal(exec, aPatient(), { command: ['rm', '-rf', '/'] })).toContain('"rm" is no command');
    expect(refusal(exec, aPatient(), { command: 'date -s 10:00' })).toContain('"-s" is not allowed');
    const rules = { commands: builtInCommands };
    expect(exec.denies?.({ command: ['rm'] }, rules)).toMatchObject({ field: 'command' });
    expect(exec.denies?.({ command: ['ps'] }, rules)).toBeUndefined();
  });

  it('what the rules of the site allow besides', () => {
    const rules = { commands: new Map([...builtInCommands, ['pg_isready', { flags: ['-q'] }]]) };
    expect(exec.prepare(aPatient(), { command: 'pg_isready -q' }, rules)).toMatchObject({ kind: 'ready' });
    expect(exec.prepare(aPatient(), { command: 'pg_isready -h' }, rules)).toMatchObject({
      kind: 'not_applicable',
    });
  });

  it('nothing for what does not run, and names the container of a Swarm service', () => {
    expect(refusal(exec, aPatient(pausedReading), { command: 'ps' })).toContain('is paused');
    expect(refusal(exec, aPatient(exitedReading), { command: 'ps' })).toContain('does not run');
    expect(refusal(exec, aPatient(restartingReading), { command: 'ps' })).toContain('started again');
    expect(prepared(exec, aSwarmPatient(), { command: 'ps' }).notes.join()).toContain('in the container web');
  });
});

describe('exec tells', () => {
  it('what was printed, by which command, and the exit code, whatever it is', async () => {
    const { result, orders } = await ran('ps -ef', { exit_code: 3, stderr: Buffer.from('bad') });
    expect(result).toMatchObject({
      status: 'completed',
      command: 'ps -Af',
      exit_code: 3,
      output: 'PID\n',
      stdout: 'PID\n',
      stderr: 'bad',
      truncated: false,
      timed_out: false,
      details: 'Ran ps -Af in web: exit code 3',
    });
    expect(orders).toMatchObject([{ mark: 'HEMOSTAT_EXEC=the-id', timeoutMs: 10_000 }]);
  });

  it('a program that is not there from one that fails', async () => {
    for (const end of [{ began: false, exit_code: 126 }, { exit_code: 126 }, { exit_code: 127 }]) {
      const { result } = await ran('ps', end);
      expect(result).toMatchObject({ code: 'not_available', status: 'not_available' });
    }
  });

  it('what did not end in time, what it had printed until then, and whether it is gone', async () => {
    const late = { timed_out: true, exit_code: null };
    expect((await ran('top', { ...late, killed: true })).result).toMatchObject({
      code: 'timed_out',
      timed_out: true,
      killed: true,
      output: 'PID\n',
      message: 'top -b -n 1 did not end within 10 s; it was killed',
    });
    expect((await ran('top', { ...late, killed: false })).result).toMatchObject({
      killed: false,
      host_pid: 4711,
      message: expect.stringContaining('process 4711'),
    });
  });

  it('of env the names alone, also where a value has lines or looks like a setting', async () => {
    const entries = [
      'PATH=/bin',
      'DB=canary',
      'PEM=-----BEGIN\nMIIcanary=\ncanary=x',
      'HEMOSTAT_EXEC=1',
      'cana',
    ];
    const { result } = await ran('env', { stdout: Buffer.from(entries.join('\0')) });
    expect(result).toMatchObject({ output: 'PATH=(not shown)\nDB=(not shown)\nPEM=(not shown)\n' });
    expect(JSON.stringify(result)).not.toContain('canary');
  });

  it('no secret, no control character and no half of a word', async () => {
    const esc = String.fromCharCode(27);
    const shown = async (text: string, more: Partial<ExecEnd> = {}) =>
      String((await ran('ps', { stdout: Buffer.from(text), ...more })).result.output);
    expect(await shown('7 root web --password canary --port 80')).not.toContain('canary');
    expect(await shown(`${esc}[31mred${esc}[0m${esc}]0;title\u0007 a\u0000b\tc\r\nd`)).toBe('red ab\tc\nd');
    const full = `${'x'.repeat(48 * 1024 - 20)} postgres://u:canary@`.slice(0, 48 * 1024);
    expect(await shown(full, { truncated: true })).toBe(`${'x'.repeat(48 * 1024 - 20)} `);
    const began = performance.now();
    expect(await shown(`${'x'.repeat(48 * 1024)}`, { truncated: true })).toBe('');
    await shown(`x${'aA1_-./:=@'.repeat(4_900)}`);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await shown('one postgres://u:cana')).toBe('one postgres://u:cana');
  });
});
