import { fhirServer } from '../hospital/fhir-server.ts';
import { northgate } from '../hospital/hospital.ts';
import { serve } from '../listen.ts';

await serve(await fhirServer(northgate));
