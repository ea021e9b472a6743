import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { anyOf } from './any-of.ts';
import { laterThisTurn } from './turns.ts';

/** What a simulation must never ask: it would be another answer the next time. */
const real = {
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  setImmediate: globalThis.setImmediate,
  now: Date.now,
  performanceNow: performance.now,
  random: Math.random,
  timeout: AbortSignal.timeout,
  any: AbortSignal.any,
  randomUUID: crypto.randomUUID,
  randomBytes: crypto.randomBytes,
};

/** Until it is disposed, code that asks for the real time or for real chance fails, and `onAsked` is told. */
export function withoutReality(onAsked: (what: string) => void): Disposable {
  const refuse = (what: string) => (): never => {
    const error = new Error(`a simulation asked for ${what}`);
    onAsked(`${what}: ${error.stack ?? ''}`);
    throw error;
  };
  Object.assign(globalThis, {
    setTimeout: refuse('setTimeout'),
    setInterval: refuse('setInterval'),
    setImmediate: laterThisTurn,
  });
  Object.assign(Date, { now: refuse('Date.now') });
  Object.assign(Math, { random: refuse('Math.random') });
  Object.assign(performance, { now: refuse('performance.now') });
  Object.assign(AbortSignal, { timeout: refuse('AbortSignal.timeout'), any: anyOf });
  Object.assign(crypto, { randomUUID: refuse('randomUUID'), randomBytes: refuse('randomBytes') });
  syncBuiltinESMExports();
  return {
    [Symbol.dispose]: () => {
      const { setTimeout, setInterval, setImmediate } = real;
      Object.assign(globalThis, { setTimeout, setInterval, setImmediate });
      Object.assign(Date, { now: real.now });
      Object.assign(Math, { random: real.random });
      Object.assign(performance, { now: real.performanceNow });
      Object.assign(AbortSignal, { timeout: real.timeout, any: real.any });
      Object.assign(crypto, { randomUUID: real.randomUUID, randomBytes: real.randomBytes });
      syncBuiltinESMExports();
    },
  };
}
