"""Between simulation and reality: real cameras and trials, domains compared, encoders and spaces adapted."""
