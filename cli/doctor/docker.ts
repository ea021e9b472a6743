import { z } from 'zod';
import { readConfig } from '#libs/runtime/config';
import { executorSettingsSchema } from '../../services/executor/config.ts';
import { addressText } from '../../services/executor/docker/docker-address.ts';
import { openEngine } from '../../services/executor/docker/docker-engine.ts';
import { DockerError } from '../../services/executor/docker/docker-error.ts';
import { type Check, ok, trouble } from './check.ts';

const versionSchema = z.looseObject({ Version: z.string() });

/** Whoever can connect to the socket may write to it; so what answers here can be used. */
export const docker: Check = {
  name: 'docker',
  async look({ env }) {
    const settings = readConfig(executorSettingsSchema, env);
    using engine = openEngine(settings);
    try {
      const { Version } = versionSchema.parse(await engine.read(['version']));
      return ok(`Docker Engine ${Version} at ${addressText(settings.DOCKER_HOST)}`);
    } catch (error) {
      if (error instanceof DockerError) return trouble(error.message, error.remedy);
      throw error;
    }
  },
};
