import { command, noArguments } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

export const upCommand = command({
  name: 'up',
  summary: 'Run the whole mesh in this process, with a nats-server of its own unless NATS_URL is set',
  takes: noArguments,
  options: {},
  notes: ['What it needs it takes from the environment; the README lists the settings. Ctrl-C stops it.'],
  async run() {
    // Here alone, so that no other command waits for the services to be loaded.
    const { up } = await import('../run-mesh.ts');
    await up();
    return Number(process.exitCode ?? exitCodes.well);
  },
});
