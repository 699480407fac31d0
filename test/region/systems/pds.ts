import { serve } from '../listen.ts';
import { pdsService } from '../pds/service.ts';
import { people } from '../population/people.ts';

await serve(pdsService(people, Number(process.env.PDS_RATE_PER_SECOND ?? '0')));
