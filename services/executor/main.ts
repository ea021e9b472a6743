import { runService } from '#libs/runtime/lifecycle';
import { startExecutor } from './service.ts';

await runService('executor', (signal) => startExecutor({ env: process.env, signal }));
