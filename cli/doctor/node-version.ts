import { type Check, ok, trouble } from './check.ts';

const least = 24;

export const nodeVersion: Check = {
  name: 'node',
  look() {
    const found = process.versions.node;
    if (Number(found.split('.')[0]) >= least) return ok(`Node ${found}`);
    return trouble(
      `Node ${found} is too old: ${least} or later is needed`,
      'npm run setup installs one beside it',
    );
  },
};
