import { startEmbeddedServer } from '#libs/bus/embedded-server';
import { createLog } from '#libs/runtime/log';

/** A process for a test to kill: it holds a data folder and tells the pid of its nats-server. */
const [, , dataDir = ''] = process.argv;
const log = createLog({ service: 'test', level: 'silent', format: 'json' });
const server = await startEmbeddedServer({ env: process.env, dataDir, engine: 'local', port: 0, log });
process.send?.(server.pid());
