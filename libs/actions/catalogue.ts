import type { Action } from './action.ts';
import { cleanup } from './cleanup.ts';
import { exec } from './exec/exec.ts';
import { kill } from './kill.ts';
import { pause } from './pause.ts';
import { restart } from './restart.ts';
import { rotateCredentials } from './rotate-credentials.ts';
import { scaleDown } from './scale-down.ts';
import { scalePool } from './scale-pool.ts';
import { scaleUp } from './scale-up.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';
import { stopChaosAttack } from './stop-chaos-attack.ts';
import { unpause } from './unpause.ts';
import { updateResources } from './update-resources.ts';

/** Every action there is. Adding one: its file, and its name here. */
export const actions: readonly Action[] = [
  restart,
  stop,
  start,
  pause,
  unpause,
  kill,
  updateResources,
  scaleUp,
  scaleDown,
  exec,
  cleanup,
  stopChaosAttack,
  scalePool,
  rotateCredentials,
];

export function actionNamed(name: string): Action | undefined {
  return actions.find((action) => action.name === name);
}

/** Does an action of this name act on nothing? One that is not known here may do anything. */
export function readsOnly(name: string): boolean {
  return actionNamed(name)?.diagnostic === true;
}
