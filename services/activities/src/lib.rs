//! The edge of Cruddur: feeds, activities, replies.
