import { runService } from '#libs/runtime/lifecycle';
import { startVerifier } from './service.ts';

await runService('verifier', (signal) => startVerifier({ env: process.env, signal }));
