import { models } from './attribution.ts'
import { type Dimension, dimensions } from './dimensions.ts'
import { measure, type Source } from './measures.ts'
import { type Metric, metrics, type Text } from './metrics.ts'

export interface RegistryAnswer {
  metrics: {
    id: string
    type: string
    unit: string
    label: Text
    description: Text
    tables: Source[]
    dimensions: string[]
    attributed: boolean
  }[]
  dimensions: { id: string; type: string; label: Text; description: Text }[]
  models: { id: string; label: Text; description: Text }[]
}

/** The registry as callers see it: what can be asked, and what can be split by what. */
export function describeRegistry(): RegistryAnswer {
  return {
    metrics: Object.entries<Metric>(metrics).map(([name, { type, unit, label, description, uses }]) => {
      const tables = [...new Set(uses.map((used) => measure(used).source))]
      return {
        id: name,
        type,
        unit,
        label,
        description,
        tables,
        dimensions: Object.entries<Dimension>(dimensions)
          .filter(([, { on }]) => tables.every((table) => on[table] !== undefined))
          .map(([dimension]) => dimension),
        attributed: tables.includes('touchpoints'),
      }
    }),
    dimensions: Object.entries<Dimension>(dimensions).map(([name, { type, label, description }]) => ({
      id: name,
      type,
      label,
      description,
    })),
    models: Object.entries(models).map(([name, { label, description }]) => ({ id: name, label, description })),
  }
}
