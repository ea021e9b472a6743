import type { Action } from './action.ts';
import { restart } from './restart.ts';
import { rotateCredentials } from './rotate-credentials.ts';
import { scalePool } from './scale-pool.ts';
import { stopChaosAttack } from './stop-chaos-attack.ts';

/** Every action there is. Adding one: its file, and its name here. */
export const actions: readonly Action[] = [restart, stopChaosAttack, scalePool, rotateCredentials];

export function actionNamed(name: string): Action | undefined {
  return actions.find((action) => action.name === name);
}
