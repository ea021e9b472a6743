import { expect, it } from 'vitest';
import { aGoodRun, began, restartAt } from './examples.ts';
import { nothingWhileCut } from './nothing-while-cut.ts';

const good = aGoodRun();
const cuts = [{ from: began + 20_000, until: began + 25_000 }];
const withEvent = (id: string, signal: string) => {
  const [kill] = restartAt(began + 21_000);
  const event = kill && { ...kill, Actor: { ID: id, Attributes: { signal } } };
  return nothingWhileCut({ ...good, cuts, engineEvents: event ? [...good.engineEvents, event] : [] })
    .offences;
};
const [patient = { id: '' }] = good.run.patients;

it('a signal to a patient while NATS was out of reach is an offence', () => {
  expect(withEvent(patient.id, '15')).toHaveLength(1);
});

it('a signal to somebody else’s container is none', () => {
  expect(withEvent('b'.repeat(64), '15')).toEqual([]);
});

it('the second signal, which ends a restart that began before, is none', () => {
  expect(withEvent(patient.id, '9')).toEqual([]);
});
