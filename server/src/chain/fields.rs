//! A runtime's structs by the names of their fields: in whatever order they come, and absent where the runtime has not got
//! one. Newtypes pass through, so that a `u16` may have become a `PerU16`.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::marker::PhantomData;

use subxt::ext::scale_decode::visitor::types::{Composite, Variant};
use subxt::ext::scale_decode::visitor::{DecodeError, TypeIdFor, Unexpected, decode_with_visitor};
use subxt::ext::scale_decode::{DecodeAsType, Visitor};
use subxt::ext::scale_type_resolver::TypeResolver;

/// The fields of one struct, not decoded yet.
pub(super) struct Fields<'a, R: TypeResolver> {
    by_name: HashMap<&'a str, Field<'a, R>>,
    types: &'a R,
    missing: RefCell<BTreeSet<&'static str>>,
}

/// One field: its bytes and their type.
struct Field<'a, R: TypeResolver> {
    bytes: &'a [u8],
    type_id: R::TypeId,
}

impl<R: TypeResolver> Field<'_, R> {
    fn read<T: DecodeAsType>(&self, types: &R) -> Option<T> {
        T::decode_as_type(&mut &*self.bytes, self.type_id.clone(), types).ok()
    }
}

impl<'a, R: TypeResolver> Fields<'a, R> {
    /// Of the struct in `bytes`, which may stand in an `Option`: nothing where that is `None`.
    ///
    /// # Errors
    ///
    /// When the bytes are no such struct.
    pub(super) fn read(bytes: &'a [u8], type_id: R::TypeId, types: &'a R) -> Result<Option<Self>, DecodeError> {
        let found = decode_with_visitor(&mut &*bytes, type_id, types, ByName(PhantomData::<R>))?;
        Ok(found.map(|by_name| Self { by_name, types, missing: RefCell::default() }))
    }

    /// One of them, which may stand in an `Option`. Absent, and noted as missing, where there is none or it is of another
    /// type.
    pub(super) fn get<T: DecodeAsType>(&self, name: &'static str) -> Option<T> {
        let value = self.by_name.get(name).and_then(|field| {
            let bare = field.read::<T>(self.types);
            bare.or_else(|| field.read::<Option<T>>(self.types).flatten())
        });
        if value.is_none() {
            self.missing.borrow_mut().insert(name);
        }
        value
    }

    /// What was asked for in vain.
    pub(super) fn into_missing(self) -> BTreeSet<&'static str> {
        self.missing.into_inner()
    }
}

struct ByName<R>(PhantomData<R>);

impl<R: TypeResolver> Visitor for ByName<R> {
    type Value<'scale, 'resolver> = Option<HashMap<&'resolver str, Field<'scale, R>>>;
    type Error = DecodeError;
    type TypeResolver = R;

    fn visit_unexpected<'scale, 'resolver>(
        self,
        unexpected: Unexpected,
    ) -> Result<Self::Value<'scale, 'resolver>, Self::Error> {
        Err(DecodeError::Unexpected(unexpected))
    }

    fn visit_composite<'scale, 'resolver>(
        self,
        value: &mut Composite<'scale, 'resolver, R>,
        _type_id: TypeIdFor<Self>,
    ) -> Result<Self::Value<'scale, 'resolver>, Self::Error> {
        let mut by_name = HashMap::new();
        for field in value.by_ref() {
            let field = field?;
            if let Some(name) = field.name() {
                by_name.insert(name, Field { bytes: field.bytes(), type_id: field.type_id().clone() });
            }
        }
        Ok(Some(by_name))
    }

    fn visit_variant<'scale, 'resolver>(
        self,
        value: &mut Variant<'scale, 'resolver, R>,
        _type_id: TypeIdFor<Self>,
    ) -> Result<Self::Value<'scale, 'resolver>, Self::Error> {
        match value.name() {
            "Some" => value.fields().decode_item(self).unwrap_or(Ok(None)),
            "None" => Ok(None),
            _ => Err(DecodeError::Unexpected(Unexpected::Variant)),
        }
    }
}
