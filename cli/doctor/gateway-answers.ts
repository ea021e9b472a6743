import { CommandError } from '../command-error.ts';
import { type Check, ok, trouble, warning } from './check.ts';

export const gatewayAnswers: Check = {
  name: 'gateway',
  async look({ gateway, met }) {
    if (met === undefined)
      return warning(
        `No gateway answers at ${gateway.url}`,
        'start the mesh (hemostat up), or say where it is with --url or HEMOSTAT_URL',
      );
    if (met.status !== 'ok') return warning(`${gateway.url} is ${met.status}`, 'hemostat status says why');
    try {
      await gateway.ask('GET', '/api/v1/safety/status', { query: { target: 'local/container/any' } });
      return ok(`${gateway.url} can heal, and lets you in`);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return trouble(`${gateway.url}: ${error.message}`, error.remedy ?? 'hemostat status says more');
    }
  },
};
