import { type Check, ok, warning } from './check.ts';

export const redisSettings: Check = {
  name: 'settings',
  look({ env }) {
    const names = Object.keys(env).filter((name) => name.startsWith('REDIS_') && env[name] !== '');
    if (names.length === 0) return ok('nothing is set that has no use here');
    return warning(
      `${names.join(', ')}: there is no Redis here, NATS took its place`,
      'set NATS_URL instead',
    );
  },
};
