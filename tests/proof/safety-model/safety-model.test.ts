import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import type { Policy } from '../../../services/safety/policy.ts';
import { seed, sized } from '../size.ts';
import { tell } from '../tell.ts';
import { Both } from './both.ts';
import { commands } from './commands.ts';

const sequences = sized({ each: 2_000, long: 50_000 });
const found = { sequences: 0, verdicts: 0, different: 0 };
const refused = new Map<string, number>();
afterAll(() => tell('P3', { ...found, ...Object.fromEntries(refused), seed }));

const policies: fc.Arbitrary<Policy> = fc.record({
  cooldownMs: fc.constantFrom(0, 1_000, 3_600_000),
  backOffBaseMs: fc.constantFrom(0, 1_000, 60_000),
  backOffMaxMs: fc.constantFrom(0, 5_000, 600_000),
  breakerLimit: fc.integer({ min: 1, max: 4 }),
  breakerWindowMs: fc.constant(3_600_000),
  breakerOpenMs: fc.constantFrom(0, 1_000, 60_000, 3_600_000, 7_200_000),
  rateLimit: fc.constantFrom(1, 2, 5, 50),
  rateWindowMs: fc.constantFrom(1_000, 60_000),
  minConfidence: fc.constantFrom(0, 0, 0.4),
  deniedPrincipals: fc.constantFrom([], ['stranger']),
});

const reasons = [
  'kill_switch',
  'protected_target',
  'forbidden_by_label',
  'not_permitted',
  'low_confidence',
  'maintenance_window',
  'busy',
  'cooldown_active',
  'back_off_active',
  'circuit_breaker_open',
  'rate_limited',
];
const timeout = sized({ each: 120_000, long: 1_800_000 });

it('safety decides every sequence of events as the documents do: verdict, gates, reasons, instants', {
  timeout,
}, () => {
  const property = fc.property(
    policies,
    fc.commands(commands, { maxCommands: 60, size: 'max' }),
    (policy, run) => {
      found.sequences += 1;
      const both = new Both(policy);
      fc.modelRun(() => ({ model: both, real: both }), run);
      found.verdicts += both.verdicts;
      for (const reason of both.refused) refused.set(reason, (refused.get(reason) ?? 0) + 1);
    },
  );
  const checked = fc.check(property, { numRuns: sequences, seed });
  found.different = checked.failed ? 1 : 0;
  if (checked.failed) throw new Error(fc.defaultReportMessage(checked));
  expect(found.verdicts).toBeGreaterThan(5 * sequences);
  for (const reason of reasons) expect(refused.get(reason), reason).toBeGreaterThan(sequences / 20);
});
