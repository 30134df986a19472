//! The client.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_cloudwatchlogs::config::{Credentials, StalledStreamProtectionConfig};
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use aws_sdk_cloudwatchlogs::{
    self as sdk,
    operation::put_log_events::{PutLogEventsError, PutLogEventsOutput},
};
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};

use crate::{Batch, Error, LogEvent, LogStream, Rejected};

/// A client of the CloudWatch Logs API.
///
/// Nothing is looked up before the first call: region, credentials and endpoint are those that AWS's SDK finds then, in
/// variables, profiles and the metadata of the machine.
#[derive(Debug)]
pub struct Client {
    endpoint: Option<String>,
    sdk: OnceCell<sdk::Client>,
    /// The group that was made here and does not have its retention yet.
    unkept: Mutex<Option<String>>,
}

impl Client {
    /// A client of AWS, or of whatever `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS` or `AWS_ENDPOINT_URL` names.
    #[must_use]
    pub fn from_env() -> Self {
        Self { endpoint: None, sdk: OnceCell::new(), unkept: Mutex::new(None) }
    }

    /// A client of a server that stands in for CloudWatch at `endpoint` and looks at no credentials. Those of the environment
    /// are not used, so that they do not get there.
    #[must_use]
    pub fn standing_in(endpoint: impl Into<String>) -> Self {
        Self { endpoint: Some(endpoint.into()), sdk: OnceCell::new(), unkept: Mutex::new(None) }
    }

    /// Puts `batch` into `stream`, in as many calls as the rules ask for, within `limit` altogether. A group and a stream that
    /// are missing are made.
    ///
    /// After an error the batch knows what was taken before it; put again, it goes on from there. A call that was taken but whose
    /// answer got lost is repeated then, because CloudWatch knows no way to tell.
    pub async fn put(&self, stream: &LogStream, batch: &mut Batch, limit: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + limit;
        let sdk = self.sdk(deadline).await?;
        if self.owes_retention(stream) {
            self.keep(sdk, stream, deadline).await?;
        }
        while let Some(call) = batch.next() {
            let put = self.put_or_make(sdk, stream, batch.events(&call), deadline).await?;
            let info = put.rejected_log_events_info();
            let rejected = info.map(|info| Rejected::of(info, call.len())).unwrap_or_default();
            batch.taken(&call, rejected);
        }
        Ok(())
    }

    /// Asks for `group`, within `limit`: shows whether region, credentials and endpoint are right. It needs the permission
    /// `logs:DescribeLogGroups`. Answers whether the group is there.
    pub async fn check(&self, group: &str, limit: Duration) -> Result<bool, Error> {
        let deadline = Instant::now() + limit;
        let asked = self.sdk(deadline).await?.describe_log_groups().log_group_name_prefix(group);
        let groups = within(deadline, asked.send()).await?.map_err(|error| Error::of(&error))?;
        Ok(groups.log_groups().iter().any(|known| known.log_group_name() == Some(group)))
    }

    /// The client of the SDK. Where something is missing it is looked for again the next time.
    async fn sdk(&self, deadline: Instant) -> Result<&sdk::Client, Error> {
        // The SDK looks in many places, and its futures are as large.
        let connect = Box::pin(async { Ok(sdk::Client::new(&Box::pin(self.config()).await?)) });
        within(deadline, self.sdk.get_or_try_init(|| connect)).await?
    }

    async fn config(&self) -> Result<SdkConfig, Error> {
        let loader = aws_config::defaults(BehaviorVersion::latest())
            // Whoever puts events repeats what failed, by rules of its own, and says how long a call may take.
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        let Some(endpoint) = &self.endpoint else {
            let config = loader.load().await;
            // A variable that is set to nothing is a region to the SDK.
            let is_known = config.region().is_some_and(|region| !region.as_ref().is_empty());
            return if is_known { Ok(config) } else { Err(Error::MissingRegion) };
        };
        let credentials = Credentials::new("local", "local", None, None, "stand-in");
        let loader = loader.endpoint_url(endpoint).region(Region::from_static("us-east-1"));
        Ok(loader.credentials_provider(credentials).load().await)
    }

    /// Puts events, and makes the stream if it is missing.
    async fn put_or_make(
        &self,
        sdk: &sdk::Client,
        stream: &LogStream,
        events: &[LogEvent],
        deadline: Instant,
    ) -> Result<PutLogEventsOutput, Error> {
        match within(deadline, put(sdk, stream, events)).await? {
            Err(error) if is_not_found(&error) => {}
            outcome => return answered(outcome),
        }
        self.make_stream(sdk, stream, deadline).await?;
        answered(within(deadline, put(sdk, stream, events)).await?)
    }

    /// Makes the stream, and its group if that is missing too.
    async fn make_stream(
        &self,
        sdk: &sdk::Client,
        stream: &LogStream,
        deadline: Instant,
    ) -> Result<(), Error> {
        let make =
            || sdk.create_log_stream().log_group_name(&stream.group).log_stream_name(&stream.name).send();
        match within(deadline, make()).await? {
            Err(error) if is_not_found(&error) => {}
            outcome => return made_or_there(outcome),
        }
        self.make_group(sdk, stream, deadline).await?;
        made_or_there(within(deadline, make()).await?)
    }

    /// Makes the group. Only who made it says how long it keeps its events: in one that was there, somebody else has.
    async fn make_group(
        &self,
        sdk: &sdk::Client,
        stream: &LogStream,
        deadline: Instant,
    ) -> Result<(), Error> {
        let tags = Some(stream.tags.clone()).filter(|tags| !tags.is_empty());
        let make = sdk.create_log_group().log_group_name(&stream.group).set_tags(tags);
        match within(deadline, make.send()).await? {
            Err(error) if is_there(&error) => return Ok(()),
            outcome => outcome.map_err(|error| Error::of(&error))?,
        };
        if stream.retention_days.is_none() {
            return Ok(());
        }
        self.set_unkept(Some(stream.group.clone()));
        self.keep(sdk, stream, deadline).await
    }

    /// Says how long the group keeps its events. What may succeed later is tried again with the next put. What is refused is
    /// told once, as an error after which the events go: they are not lost because of a permission that only the group needs.
    async fn keep(&self, sdk: &sdk::Client, stream: &LogStream, deadline: Instant) -> Result<(), Error> {
        let days = stream.retention_days;
        let asked = sdk.put_retention_policy().log_group_name(&stream.group).set_retention_in_days(days);
        let kept = within(deadline, asked.send()).await?.map_err(|error| of_just_made(&error));
        if kept.as_ref().err().is_none_or(|error| !error.is_transient()) {
            self.set_unkept(None);
        }
        kept.map(drop).map_err(|error| match error {
            error if error.is_transient() => error,
            error => {
                Error::Unavailable(format!("the group was made, but keeps its events for ever: {error}"))
            }
        })
    }

    fn owes_retention(&self, stream: &LogStream) -> bool {
        let unkept = self.unkept.lock().unwrap_or_else(PoisonError::into_inner);
        unkept.as_ref() == Some(&stream.group) && stream.retention_days.is_some()
    }

    fn set_unkept(&self, group: Option<String>) {
        *self.unkept.lock().unwrap_or_else(PoisonError::into_inner) = group;
    }
}

/// By its status a success is one, whatever its body is: events that were taken must not go twice.
fn answered(
    outcome: Result<PutLogEventsOutput, SdkError<PutLogEventsError>>,
) -> Result<PutLogEventsOutput, Error> {
    let is_success =
        |error: &SdkError<_>| error.raw_response().is_some_and(|response| response.status().is_success());
    match outcome {
        Err(error) if is_success(&error) => Ok(PutLogEventsOutput::builder().build()),
        outcome => outcome.map_err(|error| of_just_made(&error)),
    }
}

async fn put(
    sdk: &sdk::Client,
    stream: &LogStream,
    events: &[LogEvent],
) -> Result<PutLogEventsOutput, SdkError<PutLogEventsError>> {
    let events = events.iter().map(|event| {
        let built = InputLogEvent::builder().timestamp(event.timestamp_ms).message(&event.message).build();
        built.expect("an event with a time and a message has all that it needs")
    });
    sdk.put_log_events()
        .log_group_name(&stream.group)
        .log_stream_name(&stream.name)
        .set_log_events(Some(events.collect()))
        .send()
        .await
}

/// Several processes begin at the same moment and make the same: whoever is second finds it there.
fn made_or_there<T, E>(made: Result<T, SdkError<E>>) -> Result<(), Error>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match made {
        Err(error) if !is_there(&error) => Err(of_just_made(&error)),
        _ => Ok(()),
    }
}

/// What was made may take a moment until all of AWS knows of it: not being found then is no refusal.
fn of_just_made<E>(error: &SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    if is_not_found(error) {
        Error::Unavailable("the group or the stream was just made, and is not known yet".to_owned())
    } else {
        Error::of(error)
    }
}

fn is_there<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ResourceAlreadyExistsException")
}

fn is_not_found<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

async fn within<T>(deadline: Instant, work: impl Future<Output = T>) -> Result<T, Error> {
    timeout_at(deadline, work).await.map_err(|_| Error::Timeout)
}
