import { auditAnswerSchema, auditCells, auditColumns } from '../audit-words.ts';
import { command, noArguments } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { readAnswer } from '../gateway.ts';
import { momentOption } from '../moments.ts';
import { tableLines } from '../table.ts';

export const auditQueryCommand = command({
  name: 'audit query',
  summary: 'Search the audit, newest first',
  takes: noArguments,
  options: {
    container: { type: 'text', value: '<name>', about: 'of this container' },
    action: { type: 'text', value: '<name>', about: 'of this action' },
    event: {
      type: 'text',
      value: '<name>',
      about: 'requested, decided, started, executed, verified, finished, complete, reset, control',
    },
    status: { type: 'text', value: '<word>', about: 'approved, refused, recovered, failed …' },
    remediation: { type: 'text', value: '<id>', about: 'of this remediation' },
    since: { type: 'text', value: '<when>', about: 'from then on: 24h, 30m, or a timestamp' },
    until: { type: 'text', value: '<when>', about: 'up to then' },
    limit: { type: 'text', value: '<count>', about: 'at most so many (100; 1000 is the most)' },
  },
  async run({ options }, { gateway, show, notes, now }) {
    const { container, action, event, status, remediation: remediation_id, limit } = options;
    const since = momentOption('since', options.since, now());
    const until = momentOption('until', options.until, now());
    const query = { container, action, event, status, remediation_id, since, until, limit };
    const answer = await gateway().ask('GET', '/api/v1/audit', { query });
    const { records, truncated } = readAnswer(answer, auditAnswerSchema);
    show(answer.body, () =>
      records.length === 0 ? ['Nothing fits.'] : tableLines(auditColumns, records.map(auditCells)),
    );
    if (truncated) notes.line('There are, or may be, more: narrow it with --until, --since or --container.');
    return exitCodes.well;
  },
});
