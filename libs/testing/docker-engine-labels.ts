import { randomBytes } from 'node:crypto';

/** Everything that tests make on an engine carries this label, so that a run can be cleared away. */
export const testLabel = 'hemostat.test';

/** The name of this run: given by `npm test`, else this process's own. */
export const testRun = process.env.HEMOSTAT_TEST_RUN ?? `${process.pid}-${randomBytes(4).toString('hex')}`;
