//! The management API for whoever owns the store: without a token, because its owner could read and change
//! all of it anyway.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, Response, header},
    middleware,
};
use tower::ServiceExt as _;

use super::{Admin, api, backup, data_key, gate, import};
use crate::Error;

impl Admin {
    /// The management API for the control socket.
    pub fn control_router(self: &Arc<Self>) -> Router {
        // What writes files or takes keys is for whoever owns the store, and behind no token.
        let routes = api::routes().merge(backup::routes()).merge(data_key::routes());
        let routes = routes.layer(middleware::from_fn(gate::bounded_body));
        routes.merge(import::bounded_routes(self)).with_state(Arc::clone(self))
    }

    /// Asks the router of the control socket without a socket; `body` is JSON. Returns the answer.
    ///
    /// # Errors
    /// [`Error::NotARequest`] if the path is none.
    pub async fn call(
        self: &Arc<Self>,
        method: Method,
        path_and_query: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, Error> {
        let mut request = Request::builder().method(method).uri(path_and_query);
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Body::empty, Body::from);
        let request = request.body(body).map_err(|_| Error::NotARequest)?;
        let Ok(answer) = self.control_router().oneshot(request).await;
        let (head, body) = answer.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.map_err(|_| Error::NotARequest)?;
        Ok(Response::from_parts(head, bytes.into()))
    }
}
