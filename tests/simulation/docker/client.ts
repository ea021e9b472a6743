import { currentRemediationId } from '#libs/runtime/tracing';
import type { DockerEngine } from '../../../services/executor/docker/docker-engine.ts';
import type { Process } from '../world/process.ts';
import type { Weather } from '../world/weather.ts';
import { inspectionOf, summaryOf } from './containers.ts';
import { away, type Engine, timedOut } from './engine.ts';

/** The engine as one process reaches it. */
export function openEngineClient(engine: Engine, process: Process, weather: Weather): DockerEngine {
  const look = <T>(what: string, see: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      if (!process.isAlive()) return;
      weather.strike(process, `before ${what}`);
      process.after(1, () => {
        if (engine.isAway()) reject(away);
        else resolve(see());
      });
    });
  return {
    call: (call, signal) =>
      new Promise((resolve, reject) => {
        if (!process.isAlive()) return;
        const about = { remediationId: currentRemediationId() ?? 'nobody', by: process.name };
        weather.strike(process, 'before a call');
        if (!process.isAlive()) return;
        const giveUp = (): void => reject(timedOut);
        signal.addEventListener('abort', giveUp);
        engine.take(about, call, (problem) => {
          process.after(1, () => {
            signal.removeEventListener('abort', giveUp);
            if (problem) reject(problem);
            else resolve(undefined);
          });
        });
        weather.strike(process, 'after a call');
      }),
    exec: async () => {
      throw new Error('no plan of a simulation runs programs');
    },
    read: ([what, id = '']) =>
      look('a read', () => what === 'images' && { Config: { Labels: engine.byId(id)?.ofImage } }),
    list: () => look('a list', () => engine.containers.map(summaryOf)),
    inspect: (id) =>
      look('an inspection', () => {
        const container = engine.byId(id);
        return container && inspectionOf(container);
      }),
    logs: () => look('a log', () => ({ bytes: Buffer.from('a line\n'), cut: false })),
    ping: () => look('a ping', () => undefined),
    watch: (onChange, signal) =>
      look('a watch', () => {
        engine.onChange(() => {
          if (!signal.aborted) process.after(1, onChange);
        });
        return { ended: new Promise<void>(() => {}) };
      }),
    [Symbol.dispose]: () => {},
  };
}
