import { keepCompiled } from './keep-compiled.ts';

keepCompiled(process.env);
const { up } = await import('./run-mesh.ts');
await up();
