import { runService } from '#libs/runtime/lifecycle';
import { startGateway } from './service.ts';

await runService('gateway', (signal) => startGateway({ env: process.env, signal }));
