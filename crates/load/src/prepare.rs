//! What has to be there before the first request counts: activities to show and to answer, and a mention that
//! somebody was notified of. Without it a feed could be empty, and its trace rightly without the call for its authors.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::error::LoadError;
use crate::scenario::Scenario;
use crate::user::User;

/// Answers are spread over this many activities.
const ACTIVITIES: usize = 5;
/// How long a mention may be on its way to the notifications.
const DELIVERY: Duration = Duration::from_secs(15);
/// Between two looks at the notifications.
const POLL: Duration = Duration::from_millis(200);

/// Waits until the service is ready and writes some activities. Their uuids.
pub(crate) async fn prepare(user: &User) -> Result<Vec<String>, LoadError> {
    user.ready().await?;
    let mut activities = Vec::with_capacity(ACTIVITIES);
    for number in 0..ACTIVITIES {
        activities.push(create(user, number).await?);
    }
    mentions_arrive(user).await?;
    Ok(activities)
}

async fn create(user: &User, number: usize) -> Result<String, LoadError> {
    let failed = |why: String| LoadError::Prepare(format!("creating an activity: {why}"));
    let request = Scenario::Create.request(number, &[]);
    let activity = user.ask(request).await.map_err(|failure| failed(failure.to_string()))?;
    let uuid = activity["uuid"].as_str().ok_or_else(|| failed("the answer has no uuid".to_owned()))?;
    Ok(uuid.to_owned())
}

async fn mentions_arrive(user: &User) -> Result<(), LoadError> {
    let failed = |why: String| LoadError::Prepare(format!("reading notifications: {why}"));
    let deadline = Instant::now() + DELIVERY;
    loop {
        let request = Scenario::Notifications.request(0, &[]);
        let list = user.ask(request).await.map_err(|failure| failed(failure.to_string()))?;
        let list = list.as_array().ok_or_else(|| failed("the answer is not a list".to_owned()))?;
        if !list.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(failed(format!("no mention arrived within {} s", DELIVERY.as_secs())));
        }
        sleep(POLL).await;
    }
}
