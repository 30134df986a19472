-- What a new installation shows. Users and notifications hold the same uuids.
INSERT INTO activities (uuid, user_uuid, user_handle, message, message_lower, replies_count, likes_count, reply_to_activity_uuid, created_at) VALUES
    ('a5c1d001-0000-4000-8000-000000000001', '66e12864-8c26-4c3a-9658-95a10f8fea67', 'andrewbrown', 'Cloud is very fun!', 'cloud is very fun!', 1, 5, NULL, 1767398400000000),
    ('a5c1d001-0000-4000-8000-000000000002', '3c7d5f20-4e61-408c-ad9e-bf20314c5d6e', 'worf', 'This post has no honor!', 'this post has no honor!', 0, 0, 'a5c1d001-0000-4000-8000-000000000001', 1767402000000000),
    ('a5c1d001-0000-4000-8000-000000000003', '3c7d5f20-4e61-408c-ad9e-bf20314c5d6e', 'worf', 'I am out of prune juice', 'i am out of prune juice', 1, 0, NULL, 1767484800000000),
    ('a5c1d001-0000-4000-8000-000000000004', '2b6c4e1f-3d50-4f7b-9c8d-ae1f203b4c5d', 'londo', 'Have a glass of brivari instead!', 'have a glass of brivari instead!', 0, 0, 'a5c1d001-0000-4000-8000-000000000003', 1767488400000000),
    ('a5c1d001-0000-4000-8000-000000000005', '4d8e6031-5f72-419d-beaf-c031425d6e7f', 'garek', 'My dear @andrewbrown, I am just a simple tailor', 'my dear @andrewbrown, i am just a simple tailor', 0, 0, NULL, 1767571200000000),
    ('a5c1d001-0000-4000-8000-000000000006', '5e9f7142-6083-42ae-8fb0-d142536e7f80', 'coco', 'Hello, Cruddur!', 'hello, cruddur!', 0, 1, NULL, 1767574800000000);
