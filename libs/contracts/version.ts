import manifest from '../../package.json' with { type: 'json' };

/** The version of the mesh, as every service shows it. */
export const version: string = manifest.version;
