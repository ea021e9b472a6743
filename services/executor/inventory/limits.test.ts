import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../../tests/proof/holds.ts';
import { limitsOf, tightest } from './limits.ts';

const label = (name: string, text: string) => limitsOf({ [`hemostat.${name}`]: text });

describe('the labels of a container', () => {
  it('say in how far it wants more care than the settings give', () => {
    const labels = {
      'hemostat.cooldown': ' 7200 ',
      'hemostat.max-retries': '2',
      'hemostat.min-confidence': '0.9',
      'hemostat.actions': 'Restart, exec',
    };
    expect(limitsOf(labels)).toEqual({
      cooldown_seconds: 7_200,
      max_retries: 2,
      min_confidence: 0.9,
      actions: ['restart', 'exec'],
    });
  });

  it('say nothing when there are none of ours', () => {
    expect(limitsOf({ 'com.docker.compose.project': 'shop', 'hemostat.protect': 'true' })).toBeUndefined();
  });

  it('may be called as what every object has, and mean nothing then', () => {
    const odd = JSON.parse('{"__proto__": "x", "constructor": "x", "toString": "x"}');
    expect(limitsOf(odd)).toBeUndefined();
  });

  it('are read with "_" for "-", and the stricter one counts when both are there', () => {
    expect(label('max_retries', '2')).toEqual({ max_retries: 2 });
    expect(limitsOf({ 'hemostat.max-retries': '5', 'hemostat.max_retries': '2' })).toEqual({
      max_retries: 2,
    });
  });

  it('allow no action with none', () => {
    expect(label('actions', 'none')).toEqual({ actions: [] });
  });

  it.each([
    ['cooldown', '1h'],
    ['cooldown', ''],
    ['cooldown', '-1'],
    ['cooldown', '99999999'],
    ['max-retries', '0'],
    ['max-retries', '1.5'],
    ['max-retries', 'three'],
    ['min-confidence', '90%'],
    ['min-confidence', '1.1'],
    ['actions', ''],
    ['actions', 'restart,,exec'],
    ['actions', 'none,restart'],
    ['actions', 'rm -rf /'],
  ])('forbid everything when one of them cannot be read: %s=%j', (name, text) => {
    expect(label(name, text)?.unreadable).toContain(`hemostat.${name} is ${JSON.stringify(text)}, not `);
  });

  it('forbid everything or are understood, whatever they hold', () => {
    holds(
      fc.property(
        fc.constantFrom('cooldown', 'max-retries', 'min-confidence', 'actions'),
        fc.string(),
        (name, text) => {
          expect(Object.keys(label(name, text) ?? {})).toHaveLength(1);
        },
      ),
    );
  });
});

describe('several containers of one target', () => {
  it('are as strict together as the strictest of them', () => {
    const all = [
      { cooldown_seconds: 10, max_retries: 3, actions: ['restart', 'exec'] },
      undefined,
      { cooldown_seconds: 20, max_retries: 2, min_confidence: 0.5, actions: ['exec', 'stop'] },
    ];
    expect(tightest(all)).toEqual({
      cooldown_seconds: 20,
      max_retries: 2,
      min_confidence: 0.5,
      actions: ['exec'],
    });
    expect(tightest([undefined])).toBeUndefined();
    expect(tightest([{ unreadable: 'this' }, { actions: ['exec'] }])).toEqual({
      unreadable: 'this',
      actions: ['exec'],
    });
  });
});
