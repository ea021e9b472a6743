import { z } from 'zod';

/** Labels as the Docker Engine tells of them: where there are none it may say null. */
export const labelsSchema = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
export type Labels = Readonly<Record<string, string>>;

export const composeLabels = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneOff: 'com.docker.compose.oneoff',
  dependsOn: 'com.docker.compose.depends_on',
  replaces: 'com.docker.compose.replace',
} as const;

/** Does a label that stands for yes or no say yes? Anything but a clear no does. */
export function isOn(label: string | undefined): boolean {
  return label !== undefined && !/^(false|0|no|off)$/i.test(label.trim());
}
