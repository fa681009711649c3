//! Applies a layer only to the requests that need it, so that the others do not pay for it.

use std::task::{Context, Poll, ready};

use axum::{
    BoxError,
    body::{Body, Bytes, HttpBody},
    extract::Request,
    response::Response,
};
use futures_util::{
    TryFutureExt as _,
    future::{Either, MapOk},
};
use tower::{Layer, Service};

/// A layer that wraps `layer` and sends only requests with `needed` through it.
#[derive(Clone, Copy, Debug)]
pub(super) struct When<L> {
    needed: fn(&Request) -> bool,
    layer: L,
}

impl<L> When<L> {
    pub(super) const fn new(needed: fn(&Request) -> bool, layer: L) -> Self {
        Self { needed, layer }
    }
}

impl<S: Clone, L: Layer<S>> Layer<S> for When<L> {
    type Service = Fork<L::Service, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Fork {
            needed: self.needed,
            through: self.layer.layer(inner.clone()),
            around: inner,
        }
    }
}

/// The service of [`When`]: `through` has the layer, `around` does not.
#[derive(Clone, Debug)]
pub(super) struct Fork<T, S> {
    needed: fn(&Request) -> bool,
    through: T,
    around: S,
}

impl<T, S, B> Service<Request> for Fork<T, S>
where
    T: Service<Request, Response = Response<B>, Error = S::Error>,
    S: Service<Request, Response = Response>,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<MapOk<T::Future, fn(Response<B>) -> Response>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        ready!(self.through.poll_ready(context))?;
        self.around.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if (self.needed)(&request) {
            let boxed: fn(Response<B>) -> Response = |response| response.map(Body::new);
            Either::Left(self.through.call(request).map_ok(boxed))
        } else {
            Either::Right(self.around.call(request))
        }
    }
}
