//! SCALE bytes of any type that a runtime's metadata describes, made of what the node knows by name. What it does not know
//! is 0, empty, false or nothing, so that types which grow with every runtime need no code here.

use subxt::ext::codec::{Compact, Encode};
use subxt::ext::scale_type_resolver::{Primitive, TypeResolver, visitor};
use subxt::metadata::Metadata;

/// A value whose type is not known yet.
#[derive(Debug, Clone)]
pub(super) enum Data {
    /// Nothing is known: the type's own zero.
    Absent,
    /// Any integer; a truth, as 0 or 1.
    Number(u128),
    /// Bytes or text.
    Bytes(Vec<u8>),
    /// The items of a sequence, or fields by position.
    List(Vec<Data>),
    /// Fields by name.
    Fields(Vec<(&'static str, Data)>),
    /// One of an enum's variants, with its fields.
    Variant(&'static str, Box<Data>),
}

impl Data {
    pub(super) fn some(data: Self) -> Self {
        Self::variant("Some", vec![data])
    }

    pub(super) fn variant(name: &'static str, fields: Vec<Self>) -> Self {
        Self::Variant(name, Box::new(Self::List(fields)))
    }

    pub(super) fn numbers<T: Into<u128>>(numbers: impl Iterator<Item = T>) -> Self {
        Self::List(numbers.map(|number| Self::Number(number.into())).collect())
    }

    /// The named field, or the one at this position; what is not given is absent.
    fn field(&self, name: Option<&str>, position: usize) -> &Self {
        let found = match self {
            Self::Fields(fields) => fields.iter().find(|(given, _)| Some(*given) == name).map(|(_, data)| data),
            Self::List(fields) => fields.get(position),
            _ => None,
        };
        found.unwrap_or(&Self::Absent)
    }
}

/// A value that its type cannot hold: the node does not know this runtime well enough.
#[derive(Debug, thiserror::Error)]
#[error("type {type_id} of the runtime does not take {data}")]
pub(super) struct Misfit {
    type_id: u32,
    data: String,
}

/// A field's name, if it has one, and its type.
pub(super) type Field = (Option<String>, u32);

/// How a type is built.
pub(super) enum Shape {
    Composite(Vec<Field>),
    /// Of each variant its index, name and fields.
    Variants(Vec<(u8, String, Vec<Field>)>),
    Sequence(u32),
    Array(u32, usize),
    Tuple(Vec<u32>),
    Primitive(Primitive),
    Compact,
    Bits,
    Unknown,
}

/// How this type is built.
pub(super) fn shape(metadata: &Metadata, type_id: u32) -> Shape {
    let visitor = visitor::new((), |(), _| Shape::Unknown)
        .visit_composite(|(), _, fields| {
            Shape::Composite(fields.map(|field| (field.name.map(str::to_owned), field.id)).collect())
        })
        .visit_variant(|(), _, variants| {
            let fields = |variant: visitor::ConcreteFieldIter<'_, u32>| {
                variant.map(|field| (field.name.map(str::to_owned), field.id)).collect()
            };
            Shape::Variants(variants.map(|one| (one.index, one.name.to_owned(), fields(one.fields))).collect())
        })
        .visit_sequence(|(), _, item| Shape::Sequence(item))
        .visit_array(|(), item, length| Shape::Array(item, length))
        .visit_tuple(|(), items| Shape::Tuple(items.collect()))
        .visit_primitive(|(), primitive| Shape::Primitive(primitive))
        .visit_compact(|(), _| Shape::Compact)
        .visit_bit_sequence(|(), _, _| Shape::Bits);
    metadata.types().resolve_type(type_id, visitor).unwrap_or(Shape::Unknown)
}

/// The bytes of `data` as this type.
pub(super) fn encode(metadata: &Metadata, type_id: u32, data: &Data) -> Result<Vec<u8>, Misfit> {
    let mut out = Vec::new();
    write(metadata, type_id, data, &mut out)?;
    Ok(out)
}

fn write(metadata: &Metadata, type_id: u32, data: &Data, out: &mut Vec<u8>) -> Result<(), Misfit> {
    match (shape(metadata, type_id), data) {
        // A newtype is what it holds, unless its field is given by name.
        (Shape::Composite(fields), data) if fields.len() == 1 && !matches!(data, Data::Fields(_)) => {
            write(metadata, fields[0].1, data, out)?;
        }
        (Shape::Composite(fields), Data::Fields(_) | Data::List(_) | Data::Absent) => {
            write_fields(metadata, &fields, data, out)?;
        }
        (Shape::Tuple(items), Data::List(_) | Data::Absent) => {
            for (position, item) in items.into_iter().enumerate() {
                write(metadata, item, data.field(None, position), out)?;
            }
        }
        (Shape::Variants(variants), data) => {
            let (chosen, fields) = match data {
                Data::Variant(name, fields) => (variants.iter().find(|(_, known, _)| known == name), &**fields),
                Data::Absent => (variants.iter().min_by_key(|(index, ..)| *index), data),
                _ => (None, data),
            };
            let (index, _, types) = chosen.ok_or_else(|| misfit(type_id, data))?;
            out.push(*index);
            write_fields(metadata, types, fields, out)?;
        }
        (Shape::Sequence(_) | Shape::Bits, Data::Absent) => Compact(0_u32).encode_to(out),
        (Shape::Sequence(_), Data::Bytes(bytes)) => bytes.encode_to(out),
        (Shape::Sequence(item), Data::List(items)) => {
            Compact(items.len() as u32).encode_to(out);
            items.iter().try_for_each(|data| write(metadata, item, data, out))?;
        }
        (Shape::Array(item, length), Data::Absent) => {
            (0..length).try_for_each(|_| write(metadata, item, &Data::Absent, out))?;
        }
        (Shape::Array(_, length), Data::Bytes(bytes)) if bytes.len() == length => out.extend_from_slice(bytes),
        (Shape::Array(item, length), Data::List(items)) if items.len() == length => {
            items.iter().try_for_each(|data| write(metadata, item, data, out))?;
        }
        (Shape::Compact, Data::Absent) => Compact(0_u32).encode_to(out),
        (Shape::Compact, Data::Number(number)) => Compact(*number).encode_to(out),
        (Shape::Primitive(Primitive::Str), Data::Absent) => Compact(0_u32).encode_to(out),
        (Shape::Primitive(Primitive::Str), Data::Bytes(text)) => text.encode_to(out),
        (Shape::Primitive(primitive), Data::Absent) => out.resize(out.len() + width(primitive), 0),
        (Shape::Primitive(primitive), Data::Number(number)) => {
            let width = width(primitive);
            let mut bytes = number.to_le_bytes().to_vec();
            bytes.resize(bytes.len().max(width), 0);
            if bytes[width..].iter().any(|byte| *byte != 0) {
                return Err(misfit(type_id, data));
            }
            out.extend_from_slice(&bytes[..width]);
        }
        _ => return Err(misfit(type_id, data)),
    }
    Ok(())
}

fn write_fields(metadata: &Metadata, fields: &[Field], data: &Data, out: &mut Vec<u8>) -> Result<(), Misfit> {
    for (position, (name, type_id)) in fields.iter().enumerate() {
        write(metadata, *type_id, data.field(name.as_deref(), position), out)?;
    }
    Ok(())
}

/// Bytes that a number of this kind takes.
fn width(primitive: Primitive) -> usize {
    match primitive {
        Primitive::Bool | Primitive::U8 | Primitive::I8 => 1,
        Primitive::U16 | Primitive::I16 => 2,
        Primitive::Char | Primitive::U32 | Primitive::I32 => 4,
        Primitive::U64 | Primitive::I64 => 8,
        Primitive::U128 | Primitive::I128 => 16,
        Primitive::U256 | Primitive::I256 => 32,
        // Text has its own arms above.
        Primitive::Str => 0,
    }
}

fn misfit(type_id: u32, data: &Data) -> Misfit {
    Misfit { type_id, data: format!("{data:?}").chars().take(100).collect() }
}
