//! The three envelopes around the spans: request, `ResourceSpans`, `ScopeSpans`.
//!
//! What is read becomes protobuf span by span. A body of a few megabytes of `{}` therefore stays a few megabytes.

use std::fmt;
use std::marker::PhantomData;

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1 as resource;
use opentelemetry_proto::tonic::trace::v1 as trace;
use prost::Message;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize as DeserializeMessage, Serialize};

use super::scalars::or_default;
use super::types::{Resource, Scope, Span};
use crate::wire::{Wire, put};

/// The body of `POST /v1/traces`.
#[derive(Default, DeserializeMessage)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Request {
    #[serde(deserialize_with = "or_default")]
    resource_spans: Encoded<ResourceSpans, 1>,
}

impl Request {
    /// `ExportTraceServiceRequest` in protobuf.
    pub(super) fn into_protobuf(self) -> Vec<u8> {
        self.resource_spans.fields
    }
}

#[derive(Default, DeserializeMessage)]
#[serde(default, rename_all = "camelCase")]
struct ResourceSpans {
    resource: Option<Resource>,
    #[serde(deserialize_with = "or_default")]
    scope_spans: Encoded<ScopeSpans, 2>,
}

#[derive(Default, DeserializeMessage)]
#[serde(default, rename_all = "camelCase")]
struct ScopeSpans {
    scope: Option<Scope>,
    #[serde(deserialize_with = "or_default")]
    spans: Encoded<Span, 2>,
}

/// A message that can be turned into protobuf.
pub(super) trait Encode {
    fn encode(self) -> Vec<u8>;
}

impl Encode for ResourceSpans {
    fn encode(self) -> Vec<u8> {
        of_resource(self.resource, self.scope_spans.fields)
    }
}

impl Encode for ScopeSpans {
    fn encode(self) -> Vec<u8> {
        of_scope(self.scope, self.spans.fields)
    }
}

/// `ResourceSpans` or its like, whose other fields are `out`.
pub(super) fn of_resource(resource: Option<Resource>, mut out: Vec<u8>) -> Vec<u8> {
    if let Some(resource) = resource {
        put(&mut out, 1, Wire::Len(&resource::Resource::from(resource).encode_to_vec()));
    }
    out
}

/// `ScopeSpans` or its like, whose other fields are `out`.
pub(super) fn of_scope(scope: Option<Scope>, mut out: Vec<u8>) -> Vec<u8> {
    if let Some(scope) = scope {
        put(&mut out, 1, Wire::Len(&InstrumentationScope::from(scope).encode_to_vec()));
    }
    out
}

impl Encode for Span {
    fn encode(self) -> Vec<u8> {
        trace::Span::from(self).encode_to_vec()
    }
}

/// A JSON list of `T` as protobuf's repeated field `FIELD`.
pub(super) struct Encoded<T, const FIELD: u32> {
    pub(super) fields: Vec<u8>,
    of: PhantomData<T>,
}

impl<T, const FIELD: u32> Default for Encoded<T, FIELD> {
    fn default() -> Self {
        Self { fields: Vec::new(), of: PhantomData }
    }
}

impl<'de, T: Deserialize<'de> + Encode, const FIELD: u32> Deserialize<'de> for Encoded<T, FIELD> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EncodedVisitor<T, const FIELD: u32>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + Encode, const FIELD: u32> Visitor<'de> for EncodedVisitor<T, FIELD> {
            type Value = Encoded<T, FIELD>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut encoded = Encoded::default();
                while let Some(item) = items.next_element::<T>()? {
                    put(&mut encoded.fields, FIELD, Wire::Len(&item.encode()));
                }
                Ok(encoded)
            }
        }

        deserializer.deserialize_seq(EncodedVisitor(PhantomData))
    }
}

/// What is written: the same envelopes with the spans as structs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WrittenRequest {
    resource_spans: Vec<WrittenResourceSpans>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenResourceSpans {
    resource: Resource,
    scope_spans: Vec<WrittenScopeSpans>,
}

#[derive(Serialize)]
struct WrittenScopeSpans {
    scope: Scope,
    spans: Vec<Span>,
}

impl From<Vec<trace::ResourceSpans>> for WrittenRequest {
    fn from(resource_spans: Vec<trace::ResourceSpans>) -> Self {
        Self { resource_spans: resource_spans.into_iter().map(Into::into).collect() }
    }
}

impl From<trace::ResourceSpans> for WrittenResourceSpans {
    fn from(proto: trace::ResourceSpans) -> Self {
        Self {
            resource: proto.resource.map(Into::into).unwrap_or_default(),
            scope_spans: proto.scope_spans.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<trace::ScopeSpans> for WrittenScopeSpans {
    fn from(proto: trace::ScopeSpans) -> Self {
        Self {
            scope: proto.scope.map(Into::into).unwrap_or_default(),
            spans: proto.spans.into_iter().map(Into::into).collect(),
        }
    }
}
