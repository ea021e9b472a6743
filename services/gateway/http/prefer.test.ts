import { expect, it } from 'vitest';
import { waitSecondsOf } from './prefer.ts';

it('reads wait in every form that RFC 7240 allows, and no more than may be waited', () => {
  const cases = {
    'wait=10': 10,
    'WAIT = 7': 7,
    'respond-async, wait=5': 5,
    'wait="3"; note=x': 3,
    'wait=0': 0,
    'wait=999999': 110,
  };
  for (const [header, seconds] of Object.entries(cases)) expect(waitSecondsOf(header, 110)).toBe(seconds);
});

it('leaves other preferences alone', () => {
  for (const header of [undefined, '', 'respond-async', 'waiting=5', 'handling=lenient']) {
    expect(waitSecondsOf(header, 110)).toBeUndefined();
  }
});

it('says so when a wait cannot be read', () => {
  for (const header of ['wait', 'wait=', 'wait=-1', 'wait=soon', 'wait=1.5', 'respond-async, wait=x']) {
    expect(waitSecondsOf(header, 110)).toBe('malformed');
  }
});
