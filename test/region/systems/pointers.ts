import { serve } from '../listen.ts';
import { pointersService } from '../pointers/service.ts';
import { people } from '../population/people.ts';

await serve(pointersService(people));
