import type { ContainerAction } from './action.ts';
import {
  observeComposeUp,
  prepareComposeUp,
  runComposeUp,
  surveyComposeUp,
} from './scale/scale-up-compose.ts';
import { scaling } from './scale/scaling.ts';
import { scaleParamsSchema } from './scale/wish.ts';

/** More replicas of a service: Swarm is told the number; of a Compose service a running container is cloned. */
export const scaleUp: ContainerAction = {
  on: 'container',
  name: 'scale_up',
  summary: 'Run more replicas of a Swarm or Compose service and verify that they are stably well.',
  params: scaleParamsSchema,
  risk: 'low',
  reversible: true,
  diagnostic: false,
  undoes: false,
  ...scaling('up', {
    survey: surveyComposeUp,
    prepare: prepareComposeUp,
    run: runComposeUp,
    observe: observeComposeUp,
  }),
};
