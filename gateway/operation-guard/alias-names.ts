import {
  type GraphQLCompositeType,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { GuardRule } from './rules.ts';

/**
 * An alias equal to a field name of its parent type in the supergraph would feed `@requires` and `@key` inputs
 * (federation#3036), `@inaccessible` names included; names that begin with `__` are the gateway's own.
 */
export const aliasNames: GuardRule = ({ document }, { supergraphSchema }) => {
  const refusals: string[] = [];
  const types = new TypeInfo(supergraphSchema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: (field) => {
        const alias = field.alias?.value;
        if (alias === undefined || alias === field.name.value) return;
        const parent = types.getParentType();
        if (alias.startsWith('__')) refusals.push(`the alias \`${alias}\` begins with \`__\``);
        else if (parent && isFieldName(supergraphSchema, parent, alias)) {
          refusals.push(`the alias \`${alias}\` is the name of another field of \`${parent.name}\``);
        }
      },
    }),
  );
  return refusals;
};

/** Behind an interface or union stands each of its types, so each one's fields count. */
function isFieldName(schema: GraphQLSchema, parent: GraphQLCompositeType, name: string): boolean {
  const types = isAbstractType(parent) ? [parent, ...schema.getPossibleTypes(parent)] : [parent];
  return types.some(
    (type) => (isObjectType(type) || isInterfaceType(type)) && Object.hasOwn(type.getFields(), name),
  );
}
