import type { ContainerAction } from './action.ts';
import {
  observeComposeDown,
  prepareComposeDown,
  runComposeDown,
  surveyComposeDown,
} from './scale/scale-down-compose.ts';
import { scaling } from './scale/scaling.ts';
import { scaleParamsSchema } from './scale/wish.ts';

/** Fewer replicas of a service, never fewer than one. Takes a `scale_up` back. */
export const scaleDown: ContainerAction = {
  on: 'container',
  name: 'scale_down',
  summary: 'Run fewer replicas of a Swarm or Compose service and verify that the rest is stably well.',
  params: scaleParamsSchema,
  risk: 'medium',
  reversible: false,
  diagnostic: false,
  undoes: true,
  ...scaling('down', {
    survey: surveyComposeDown,
    prepare: prepareComposeDown,
    run: runComposeDown,
    observe: observeComposeDown,
  }),
};
