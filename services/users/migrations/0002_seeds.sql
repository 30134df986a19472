-- The users that everything else refers to. The other services' seeds hold the same uuids.
INSERT INTO users (uuid, display_name, handle, email, bio, created_at) VALUES
    ('66e12864-8c26-4c3a-9658-95a10f8fea67', 'Andrew Brown', 'andrewbrown', 'andrew@example.com', 'I am an AWS Community Hero.', 1767225600000000),
    ('1a5b3d0e-2c4f-4e6a-8b7c-9d0e1f2a3b4c', 'Andrew Bayko', 'bayko', 'bayko@example.com', NULL, 1767225600000000),
    ('2b6c4e1f-3d50-4f7b-9c8d-ae1f203b4c5d', 'Londo Mollari', 'londo', 'londo@example.com', 'Ambassador of the Centauri Republic.', 1767225600000000),
    ('3c7d5f20-4e61-408c-ad9e-bf20314c5d6e', 'Worf', 'worf', 'worf@example.com', 'Today is a good day.', 1767225600000000),
    ('4d8e6031-5f72-419d-beaf-c031425d6e7f', 'Garek', 'garek', 'garek@example.com', 'Just a plain, simple tailor.', 1767225600000000),
    ('5e9f7142-6083-42ae-8fb0-d142536e7f80', 'Coco', 'coco', 'coco@example.com', NULL, 1767225600000000);
