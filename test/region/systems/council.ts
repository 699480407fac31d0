import { caseSystem } from '../council/case-system.ts';
import { serve } from '../listen.ts';

await serve(caseSystem());
