import { command } from '../command.ts';
import { usageError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { factIn, factLine } from '../fact-lines.ts';
import { followRemediation } from '../follow-remediation.ts';

export const watchCommand = command({
  name: 'watch',
  summary: 'What happens, as it happens; with an id, one remediation until its end',
  takes: { text: '[<remediation id>]', least: 0, most: 1 },
  options: { container: { type: 'text', value: '<name>', about: 'only what concerns this container' } },
  notes: ['Goes on over broken connections without leaving anything out. Ctrl-C ends it.'],
  async run({ args: [id], options: { container } }, context) {
    if (id !== undefined && container !== undefined)
      throw usageError('an id and --container exclude each other', 'give one of the two');
    const { out, notes, signal, json } = context;
    const mesh = context.gateway();
    if (id !== undefined) return followRemediation(mesh, { id: pathPart(id) }, context);
    let opened = false;
    const events = mesh.follow('/api/v1/events', {
      query: { container },
      signal,
      onOpen: () => {
        if (!opened || notes.isTerminal) notes.line(`Watching ${mesh.url}; Ctrl-C ends it.`);
        opened = true;
      },
      onLost: () => notes.line('The connection to the gateway broke; trying again.'),
    });
    for await (const event of events) {
      const fact = factIn(event);
      if (fact)
        out.line(json ? JSON.stringify({ sequence: Number(event.id), ...fact }) : factLine(fact, out));
    }
    return signal.aborted ? exitCodes.interrupted : exitCodes.well;
  },
});

function pathPart(id: string): string {
  if (/^[0-9a-f-]{36}$/.test(id)) return id;
  throw usageError(
    `${JSON.stringify(id)} is no remediation id`,
    'an id is a lower-case UUID, as hemostat remediate shows it; for a container give --container',
  );
}
