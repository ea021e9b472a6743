import type { Details } from '#libs/contracts/scalars';
import { ActionFailed } from '../engine-port.ts';
import type { ExecEnd } from '../exec-port.ts';
import { markName } from './exec-body.ts';
import { cleanOutput, namesOnly } from './output.ts';

/** In bytes; together 64 KiB. What goes wrong is told on stderr, so a flood on stdout must not push it out. */
export const mostBytes = { stdout: 48 * 1024, stderr: 16 * 1024 } as const;

type Run = {
  readonly name: string;
  readonly command: string;
  readonly container: string;
  readonly containerId: string;
  readonly timeoutSeconds: number;
};

/** What came of a command, without secrets. Throws an `ActionFailed` unless it ran to its end. */
export function resultOf(run: Run, end: ExecEnd): Details {
  const { command, container } = run;
  const result = { ...shared(run, end), ...outputs(run, end) };
  if (!end.began || end.exit_code === 126 || end.exit_code === 127) {
    const details = `${run.name} cannot be run in ${container}: there is no such program, or it may not be run`;
    throw failed('not_available', details, result);
  }
  if (end.timed_out) {
    const details = `${command} did not end within ${run.timeoutSeconds} s; ${sayKilled(end)}`;
    throw failed('timed_out', details, result);
  }
  const how = end.exit_code === null ? 'its exit code is not known' : `exit code ${end.exit_code}`;
  const details = `Ran ${command} in ${container}: ${how}${end.truncated ? '; its output is cut' : ''}`;
  return { ...result, status: 'completed', details };
}

function failed(code: 'not_available' | 'timed_out', details: string, result: Details): ActionFailed {
  return new ActionFailed(details, { code, result: { ...result, status: code, details } });
}

function shared({ command, container, containerId }: Run, end: ExecEnd): Details {
  return {
    command,
    exit_code: end.exit_code,
    truncated: end.truncated,
    timed_out: end.timed_out,
    container,
    container_id: containerId,
    ...(end.killed === null ? {} : { killed: end.killed }),
    ...(end.killed === false && end.host_pid !== null ? { host_pid: end.host_pid } : {}),
  };
}

/** `output` is the seed's word for `stdout`. */
function outputs({ name }: Run, { stdout, stderr, began }: ExecEnd): Details {
  const onlyNames = name === 'env' && began;
  const text = onlyNames ? namesOnly(stdout, markName) : cleanOutput(stdout, mostBytes.stdout);
  return { output: text, stdout: text, stderr: cleanOutput(stderr, mostBytes.stderr) };
}

function sayKilled({ killed, host_pid: pid }: ExecEnd): string {
  if (killed === true) return 'it was killed';
  const where = pid === null ? '' : ` (process ${pid} of the machine that the Docker Engine runs on)`;
  return `it could not be killed, because the container has no shell or does not answer, and may still run${where}`;
}
