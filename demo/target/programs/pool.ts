import type { Connection } from './connection.ts';

export type PoolStatus = {
  readonly size: number;
  readonly in_use: number;
  readonly leaked: number;
  readonly waiting: number;
  /** Percent. */
  readonly pool_utilization: number;
  readonly pool_health: 'healthy' | 'warning' | 'critical';
};

export type Pool = {
  /** Lends a connection for as long as `use` takes. Rejects when none is free in time. */
  with<T>(use: (connection: Connection) => Promise<T>): Promise<T>;
  /** Takes a connection and never gives it back. */
  leak(): Promise<void>;
  status(): PoolStatus;
};

export type PoolOptions = {
  readonly size: number;
  readonly acquireTimeoutMs: number;
  open(): Promise<Connection>;
};

export function createPool({ size, acquireTimeoutMs, open }: PoolOptions): Pool {
  const idle: Connection[] = [];
  const waiting: (() => void)[] = [];
  let inUse = 0;
  let leaked = 0;

  const freePlace = (): void => {
    const next = waiting.shift();
    if (next) next();
    else inUse -= 1;
  };

  const takePlace = async (): Promise<void> => {
    if (inUse < size) {
      inUse += 1;
      return;
    }
    const turn = Promise.withResolvers<void>();
    const given = (): void => {
      clearTimeout(late);
      turn.resolve();
    };
    const late = setTimeout(() => {
      waiting.splice(waiting.indexOf(given), 1);
      turn.reject(new Error(`no connection was free within ${acquireTimeoutMs} ms`));
    }, acquireTimeoutMs);
    waiting.push(given);
    return turn.promise;
  };

  const acquire = async (): Promise<Connection> => {
    await takePlace();
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) if (kept.isOpen()) return kept;
    return open().catch((error: unknown) => {
      freePlace();
      throw error;
    });
  };

  return {
    with: async (use) => {
      const connection = await acquire();
      try {
        const result = await use(connection);
        idle.push(connection);
        return result;
      } catch (error) {
        connection.close();
        throw error;
      } finally {
        freePlace();
      }
    },
    leak: async () => {
      await acquire();
      leaked += 1;
    },
    status: () => {
      const pool_utilization = Math.round((inUse / size) * 100);
      const pool_health =
        pool_utilization >= 90 ? 'critical' : pool_utilization >= 70 ? 'warning' : 'healthy';
      return { size, in_use: inUse, leaked, waiting: waiting.length, pool_utilization, pool_health };
    },
  };
}
