import { exitCodes } from './exit-codes.ts';
import { runCommandLine } from './run.ts';

let stop: AbortController | undefined;

/** Aborts on Ctrl-C; a second one ends at once. Not before somebody asks: `up` sees to its own end. */
function interruption(): AbortSignal {
  if (stop) return stop.signal;
  const controller = new AbortController();
  stop = controller;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCodes.interrupted);
      controller.abort();
    });
  }
  return controller.signal;
}

// Whoever reads, for example `head`, has enough.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
}

process.exitCode = await runCommandLine(process.argv.slice(2), process.env, interruption);
