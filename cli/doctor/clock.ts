import { sayDuration } from '../moments.ts';
import { type Check, ok, warning } from './check.ts';

// The gateway's date has no part smaller than a second.
const boundMs = 5_000;

export const clock: Check = {
  name: 'clock',
  look({ met }) {
    if (met?.dateMs === undefined) return ok('there is no gateway to compare it with');
    const middleMs = (met.askedAtMs + met.answeredAtMs) / 2;
    const ahead = middleMs - (met.dateMs + 500);
    if (Math.abs(ahead) <= boundMs) return ok('agrees with the gateway');
    return warning(
      `The clock of this machine is ${sayDuration(Math.abs(ahead) / 1_000)} ${ahead > 0 ? 'ahead of' : 'behind'} the gateway's`,
      'set both by NTP: cooldowns and leases are measured in wall-clock time',
    );
  },
};
