import { gpSystem } from '../gp-system/practices.ts';
import { serve } from '../listen.ts';

await serve(gpSystem());
