import type { Action } from './action.ts';
import { restart } from './restart.ts';

/** Every action there is. Adding one: its file, and its name here. */
export const actions: readonly Action[] = [restart];

export function actionNamed(name: string): Action | undefined {
  return actions.find((action) => action.name === name);
}
