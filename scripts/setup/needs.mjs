import { busybox } from './busybox.mjs';
import { compose } from './compose.mjs';
import { dockerEngine } from './docker-engine.mjs';
import { natsCli } from './nats-cli.mjs';
import { natsServer } from './nats-server.mjs';
import { nodeModules } from './node-modules.mjs';
import { redis } from './redis.mjs';
import { testEngine } from './test-engine.mjs';

/**
 * Everything that set-up can get. A need says whom it is for, whether it is there (quickly: this is asked at
 * every start) and how to get it.
 */
export const needs = [nodeModules, natsServer, dockerEngine, testEngine, busybox, compose, natsCli, redis];

export const targets = ['start', 'demo', 'test', 'bench', 'all'];

export const isWanted = (need, target) => target === 'all' || need.targets.includes(target);
